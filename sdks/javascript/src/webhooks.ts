/** Whether a delivery really comes from your Tidings. Both take the body as it came, before any decoding. */
import { BadSignature } from "./errors.js";

export type Body = string | Uint8Array;

const encoder = new TextEncoder();

/** Hex HMAC-SHA256 of the raw body (X-Furiosa-Signature); throws BadSignature. Compares in constant time. */
export async function verifyFuriosa(secret: string, body: Body, signature: string): Promise<void> {
  await compare(secret, bytesOf(body), signature);
}

/**
 * `sha256=` and the hex HMAC-SHA256 of `{timestamp}.{raw body}`; throws BadSignature. Compares in constant time.
 *
 * `tolerance` (seconds, 300 when left out) is how far the timestamp may be from `now` (Unix seconds) either way, which
 * keeps an old delivery from being played again; null accepts any age.
 */
export async function verifyFluenzr(
  secret: string,
  body: Body,
  signature: string,
  timestamp: string,
  { tolerance = 300, now = Date.now() / 1000 }: { tolerance?: number | null; now?: number } = {},
): Promise<void> {
  if (!/^\d{1,15}$/.test(timestamp)) throw new BadSignature("the timestamp is no number of seconds");
  if (!signature.startsWith("sha256=")) throw new BadSignature("the signature does not begin with sha256=");
  const head = encoder.encode(`${timestamp}.`);
  const rest = bytesOf(body);
  const signed = new Uint8Array(head.length + rest.length);
  signed.set(head);
  signed.set(rest, head.length);
  await compare(secret, signed, signature.slice("sha256=".length));
  const age = Math.abs(now - Number(timestamp));
  if (tolerance !== null && age > tolerance) throw new BadSignature(`the delivery is ${Math.round(age)} seconds away from now`);
}

async function compare(secret: string, signed: Uint8Array<ArrayBuffer>, signature: string): Promise<void> {
  const given = signature.trim().toLowerCase();
  // The platform compares in constant time.
  const isGood =
    /^[0-9a-f]{64}$/.test(given) && (await (await subtle()).verify("HMAC", await keyOf(secret), fromHex(given), signed));
  if (!isGood) throw new BadSignature("the signature does not fit the body");
}

async function keyOf(secret: string): Promise<CryptoKey> {
  // A key may be empty for HMAC but not for the Web Crypto API, and zeros on its end change nothing (RFC 2104).
  const bytes = secret ? encoder.encode(secret) : new Uint8Array(1);
  return (await subtle()).importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
}

async function subtle(): Promise<SubtleCrypto> {
  if (globalThis.crypto?.subtle) return globalThis.crypto.subtle;
  // Node 18 has it in a module only; the name is not written out, so that no bundler looks for it.
  const name = "node:crypto";
  return ((await import(name)) as { webcrypto: Crypto }).webcrypto.subtle;
}

function bytesOf(body: Body): Uint8Array<ArrayBuffer> {
  return typeof body === "string" ? encoder.encode(body) : new Uint8Array(body);
}

function fromHex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

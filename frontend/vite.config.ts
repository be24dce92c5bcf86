import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, type Plugin } from "vite";

const UI = join(import.meta.dirname, "../src/tidings/ui");
const OUT = join(UI, "static/dist");
const ICONS = join(import.meta.dirname, "node_modules/@tabler/icons/icons/outline");

/** Every `icon("name")` of the templates and `icon="name"` of the Python side becomes an entry of icons.json. */
function icons(): Plugin {
  return {
    name: "tidings-icons",
    closeBundle() {
      const names = new Set<string>();
      for (const file of readdirSync(UI, { recursive: true, encoding: "utf8" })) {
        if (!/\.(html|py)$/.test(file)) continue;
        const text = readFileSync(join(UI, file), "utf8");
        for (const found of text.matchAll(/\bicon(?:\(|=)\s*["']([a-z0-9-]+)["']/g)) names.add(found[1]!);
      }
      const drawn: Record<string, string> = {};
      for (const name of [...names].sort()) {
        const svg = readFileSync(join(ICONS, `${name}.svg`), "utf8");
        drawn[name] = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>")).replace(/\s*\n\s*/g, "");
      }
      mkdirSync(OUT, { recursive: true });
      writeFileSync(join(OUT, "icons.json"), JSON.stringify(drawn));
    },
  };
}

export default defineConfig({
  root: import.meta.dirname,
  base: "/static/dist/",
  publicDir: false,
  plugins: [icons()],
  build: {
    outDir: OUT,
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    rollupOptions: { input: { main: "main.ts", boot: "boot.ts" } },
  },
});

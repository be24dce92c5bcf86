/** The FluentCRM dialect: its most used resources, and `request` for each of its other addresses (FluentCRM manual). */
import { NotFound } from "./errors.js";
import type { Page } from "./pages.js";
import { type Id, Kept, Listed, type ListOptions } from "./resources.js";
import { type ClientOptions, type Rows, Transport } from "./transport.js";

/** A tag or a list. Times are `YYYY-MM-DD HH:MM:SS` in the installation's zone. */
export type Term = {
  id: number;
  title: string;
  slug: string;
  description: string | null;
  created_at: string;
  updated_at: string;
};
export type TermFields = { title?: string; slug?: string; description?: string | null };

/** A contact ("subscriber"); `id` and more, as the dialect sends it. */
export type Contact = {
  id: number;
  hash: string;
  email: string;
  prefix: string | null;
  first_name: string | null;
  last_name: string | null;
  full_name: string;
  phone: string | null;
  status: string;
  contact_type: string;
  source: string | null;
  city: string | null;
  country: string | null;
  date_of_birth: string | null;
  photo: string;
  tags: Term[];
  lists: Term[];
  created_at: string;
  updated_at: string;
  last_activity: string | null;
} & Record<string, unknown>;
/** What a contact may be given: `tags` and `lists` on creating, `attach_…` and `detach_…` on updating. */
export type ContactFields = {
  email?: string;
  status?: string;
  prefix?: string | null;
  first_name?: string | null;
  last_name?: string | null;
  phone?: string | null;
  date_of_birth?: string | null;
  custom_values?: Record<string, unknown>;
  tags?: (number | string)[];
  lists?: (number | string)[];
  attach_tags?: (number | string)[];
  detach_tags?: (number | string)[];
  attach_lists?: (number | string)[];
  detach_lists?: (number | string)[];
} & Record<string, unknown>;

export type Note = { id: number; title: string; description: string; type: string; created_at: string };
export type NoteFields = { title?: string; description?: string; type?: string; created_at?: string };
export type Company = { id: number; name: string; email: string | null; website: string | null } & Record<string, unknown>;
export type CompanyFields = { name?: string; email?: string | null; website?: string | null } & Record<string, unknown>;
export type Campaign = { id: number; title: string; slug: string; status: string } & Record<string, unknown>;
export type CampaignFields = { title?: string; email_subject?: string; email_body?: string } & Record<string, unknown>;
export type Webhook = { id: number; key: string; value: unknown } & Record<string, unknown>;
export type WebhookFields = { name?: string; lists?: number[]; tags?: number[] } & Record<string, unknown>;
export type Said = { message: string } & Record<string, unknown>;
export type CustomField = { label: string; slug?: string; type?: string; field_key?: string } & Record<string, unknown>;

/** `list` takes search, tags, lists, statuses, sort_by, sort_type, custom_fields, … */
export class Contacts extends Kept<Contact, ContactFields, Said> {
  /** Throws ApiError (422) when there is none. */
  async getByEmail(email: string): Promise<Contact> {
    return this.value("GET", this.at(0), undefined, { get_by_email: email });
  }

  /** `email` and `status` are needed; `forceUpdate` changes the one that has the address. */
  override async create(fields: ContactFields, { forceUpdate = false }: { forceUpdate?: boolean } = {}): Promise<Contact> {
    const body = forceUpdate ? { ...fields, __force_update: "yes" } : fields;
    return (await this.http.request("POST", this.path, { body })).contact;
  }

  override async update(id: Id, fields: ContactFields): Promise<Contact> {
    return (await this.http.request("PUT", this.at(id), { body: fields })).contact;
  }

  /** Creates or changes many with one request; `options` are those of /subscribers/bulk-add-update. */
  async createMany(contacts: ContactFields[], options: Record<string, unknown> = {}): Promise<Said> {
    return this.value("POST", `${this.path}/bulk-add-update`, { contacts, ...options });
  }

  async listNotes(id: Id, options: ListOptions = {}): Promise<Page<Note>> {
    return this.rows(this.at(id, "notes"), options, "notes");
  }

  async createNote(id: Id, note: NoteFields): Promise<Note> {
    return (await this.http.request("POST", this.at(id, "notes"), { body: { note } })).note;
  }

  async updateNote(id: Id, noteId: number, note: NoteFields): Promise<Note> {
    return (await this.http.request("PUT", this.at(id, "notes", String(noteId)), { body: { note } })).note;
  }

  async deleteNote(id: Id, noteId: number): Promise<Said> {
    return this.value("DELETE", this.at(id, "notes", String(noteId)));
  }

  async listEmails(id: Id, options: ListOptions = {}): Promise<Page<Record<string, unknown>>> {
    return this.rows(this.at(id, "emails"), options, "emails");
  }

  /** `event_key`, `title`, and `email` or `subscriber_id`. */
  async trackEvent(event: Record<string, unknown>): Promise<Said> {
    return this.value("POST", `${this.path}/track-event`, event);
  }
}

/** Tags, or lists. */
export class Terms extends Kept<Term, TermFields, Said> {
  /** Throws NotFound, though the dialect itself answers 200 and nothing. */
  override async get(id: Id): Promise<Term> {
    const found = await this.value<Term | null | "">("GET", this.at(id));
    if (!found) throw new NotFound(404, "", `There is no ${this.name} ${id}.`, {}, found);
    return found;
  }

  override async create(fields: TermFields): Promise<Term> {
    return (await this.http.request("POST", this.path, { body: fields })).lists;
  }

  /** Replaces it: a description that is left out is emptied. Gives what it is then. */
  override async update(id: Id, fields: TermFields): Promise<Term> {
    await this.http.request("PUT", this.at(id), { body: fields });
    return this.get(id);
  }
}

export class Companies extends Kept<Company, CompanyFields, Said> {
  async attachContacts(companyIds: number[], contactIds: number[]): Promise<Said> {
    return this.joining("attach", companyIds, contactIds);
  }

  async detachContacts(companyIds: number[], contactIds: number[]): Promise<Said> {
    return this.joining("detach", companyIds, contactIds);
  }

  private async joining(word: string, company_ids: number[], subscriber_ids: number[]): Promise<Said> {
    return this.value("POST", `${this.path}/${word}-subscribers`, { company_ids, subscriber_ids });
  }
}

export class Campaigns extends Kept<Campaign, CampaignFields, Said> {
  /** Who gets it: `subscribers` ([{list, tag}]), `excludedSubscribers`, `sending_filter`, … */
  async setRecipients(id: Id, audience: Record<string, unknown>): Promise<Said> {
    return this.value("POST", this.at(id, "draft-recipients"), audience);
  }

  /** Now, or `at` a time of the installation's zone (YYYY-MM-DD HH:MM:SS). */
  async schedule(id: Id, { at }: { at?: string } = {}): Promise<Said> {
    return this.http.request("POST", this.at(id, "schedule"), { body: at === undefined ? {} : { scheduled_at: at } });
  }

  /** Makes a draft of it again. */
  async unschedule(id: Id): Promise<Said> {
    return this.value("POST", this.at(id, "un-schedule"));
  }

  async pause(id: Id): Promise<Campaign> {
    return this.value("POST", this.at(id, "pause"));
  }

  async resume(id: Id): Promise<Campaign> {
    return this.value("POST", this.at(id, "resume"));
  }

  async duplicate(id: Id): Promise<Campaign> {
    return this.value("POST", this.at(id, "duplicate"));
  }

  async getStats(id: Id): Promise<Record<string, unknown>> {
    return this.http.request("GET", this.at(id, "overview_stats"));
  }
}

/** The contacts' fields of your own. */
export class CustomFields {
  constructor(private readonly http: Transport) {}

  async list(): Promise<CustomField[]> {
    return (await this.http.request("GET", "/custom-fields/contacts")).fields;
  }

  /** Stores the whole set: a field that is left out goes. */
  async replace(fields: CustomField[]): Promise<CustomField[]> {
    return (await this.http.request("PUT", "/custom-fields/contacts", { body: { fields } })).fields;
  }
}

/** Addresses at which other programs post contacts. */
export class Webhooks extends Listed<Webhook> {
  async create(fields: WebhookFields): Promise<Webhook> {
    const answer = await this.http.request("POST", this.path, { body: fields });
    return answer.webhooks.find((one: Webhook) => one.id === answer.id);
  }

  /** Replaces it. */
  async update(id: Id, fields: WebhookFields): Promise<Said> {
    return this.http.request("PUT", this.at(id), { body: fields });
  }

  async delete(id: Id): Promise<Said> {
    return this.http.request("DELETE", this.at(id));
  }
}

export class Reports {
  constructor(private readonly http: Transport) {}

  async getDashboard(): Promise<Record<string, unknown>> {
    return this.http.request("GET", "/reports/dashboard-stats");
  }

  /** New contacts between two dates (YYYY-MM-DD). */
  async getGrowth(from: string, to: string): Promise<Record<string, unknown>> {
    return this.series("subscribers", from, to);
  }

  async getSent(from: string, to: string): Promise<Record<string, unknown>> {
    return this.series("email-sents", from, to);
  }

  async getOpened(from: string, to: string): Promise<Record<string, unknown>> {
    return this.series("email-opens", from, to);
  }

  async getClicked(from: string, to: string): Promise<Record<string, unknown>> {
    return this.series("email-clicks", from, to);
  }

  private async series(name: string, from: string, to: string): Promise<Record<string, unknown>> {
    return this.http.request("GET", `/reports/${name}`, { query: { date_range: [from, to] } });
  }
}

/** The FluentCRM dialect of an installation; `user` is a login or an address, spaces in the password do not count. */
export class FluentCrmClient extends Transport {
  readonly contacts = new Contacts(this, "/subscribers", "subscriber");
  readonly tags = new Terms(this, "/tags", "tag");
  readonly lists = new Terms(this, "/lists", "list");
  readonly companies = new Companies(this, "/companies", "company", "companies");
  readonly campaigns = new Campaigns(this, "/campaigns", "campaign");
  readonly webhooks = new Webhooks(this, "/webhooks", "webhook");
  readonly customFields = new CustomFields(this);
  readonly reports = new Reports(this);

  constructor({ user, applicationPassword, ...options }: ClientOptions & { user: string; applicationPassword: string }) {
    super(options, "/wp-json/fluent-crm/v2", `Basic ${base64(`${user}:${applicationPassword}`)}`);
  }

  override unwrap(answer: any, name: string): any {
    return typeof answer === "object" && answer !== null && name in answer ? answer[name] : answer;
  }

  override readPage(answer: any, name: string): Rows {
    const found = answer[name];
    if (Array.isArray(found)) {
      return { rows: found, page: 1, perPage: Math.max(1, found.length), total: found.length, meta: {} };
    }
    const { data, links: _, ...meta } = found;
    return { rows: data, page: meta.current_page, perPage: Number(meta.per_page), total: meta.total, meta };
  }
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/** The Furiosa dialect: contacts, audiences with groups, campaigns, pages, analytics, the key (Furiosa guide). */
import type { Page } from "./pages.js";
import { type Id, Kept, type ListOptions, Readable, Writable } from "./resources.js";
import { type ClientOptions, type Rows, Transport } from "./transport.js";

/** A person in an audience. Times are RFC 3339. */
export type Contact = {
  id: number;
  audience_id: number;
  email: string | null;
  phone: string | null;
  first_name: string | null;
  last_name: string | null;
  groups: number[];
  custom_fields: Record<string, unknown>;
  status: string;
  created_at: string;
  updated_at: string;
};
/** What a contact may be given; `audience_id` and an email or a phone are needed to create one. */
export type ContactFields = {
  audience_id?: number;
  email?: string | null;
  phone?: string | null;
  first_name?: string | null;
  last_name?: string | null;
  groups?: number[];
  custom_fields?: Record<string, unknown>;
};
/** What became of a batch: of each row 201, 409 or 422. */
export type BatchResult = {
  created: number;
  failed: number;
  results: { index: number; status: number; id: number | null; errors: Record<string, string> | null }[];
};
export type Group = { id: number; name: string; contacts_count: number };
export type Audience = {
  id: number;
  name: string;
  description: string;
  contacts_count: number;
  emails_count: number;
  phones_count: number;
  groups: Group[];
  created_at: string;
  updated_at: string;
};
export type AudienceFields = { name?: string; description?: string | null };
export type AudienceStats = {
  audience_id: number;
  contacts_count: number;
  emails_count: number;
  phones_count: number;
  statuses: Record<string, number>;
  groups: Group[];
};
export type Campaign = {
  id: number;
  name: string;
  type: "email" | "sms";
  status: "draft" | "scheduled" | "sending" | "paused" | "sent" | "failed";
  subject: string | null;
  audience_ids: number[];
  scheduled_at: string | null;
  sent_at: string | null;
  created_at: string;
  updated_at: string;
};
export type CampaignFields = {
  name?: string;
  type?: "email" | "sms";
  subject?: string;
  preheader?: string;
  content?: string;
  audience_ids?: number[];
};
/** Numbers of a campaign; rates are percentages with one decimal. */
export type Metrics = {
  recipients: number;
  sent: number;
  delivered: number;
  opens: number;
  unique_opens: number;
  open_rate: number;
  clicks: number;
  unique_clicks: number;
  click_rate: number;
  bounces: number;
  bounce_rate: number;
  complaints: number;
  unsubscribes: number;
  links: { url: string; clicks: number; unique_clicks: number }[];
};
export type LandingPage = {
  id: number;
  title: string;
  slug: string;
  url: string;
  status: string;
  submissions_count: number;
  views_count: number;
  settings: Record<string, unknown>;
  audience_id: number | null;
  created_at: string;
  updated_at: string;
};
/** `scopes` null means all of them; the limit is requests a minute. */
export type Me = { name: string; scopes: string[] | null; rate_limit: { limit: number; remaining: number } };
/** Dates (2027-01-31), both counted. */
export type Timespan = { from?: string; to?: string; interval?: "day" | "week" | "month" };

/** Numbers: `data` has a line for every interval, named by its first `date`; `totals` are sums. */
export type Series = {
  from: string;
  to: string;
  interval: "day" | "week" | "month";
  time_zone: string;
  totals: Record<string, number>;
  data: ({ date: string } & Record<string, number | string>)[];
};

/** `list` takes audience_id, group_id, email, phone, name. */
export class Contacts extends Kept<Contact, ContactFields, undefined> {
  /** Up to 100 contacts, counted as one request; bad rows are told and hinder no other. */
  async createMany(contacts: ContactFields[], { audienceId }: { audienceId?: number } = {}): Promise<BatchResult> {
    const shared = audienceId === undefined ? {} : { audience_id: audienceId };
    return this.value("POST", `${this.path}/batch`, { contacts, ...shared });
  }
}

export class Audiences extends Kept<Audience, AudienceFields, undefined> {
  async getStats(id: Id): Promise<AudienceStats> {
    return this.value("GET", this.at(id, "stats"));
  }

  async listGroups(id: Id, options: ListOptions = {}): Promise<Page<Group>> {
    return this.rows(this.at(id, "groups"), options);
  }

  async createGroup(id: Id, name: string): Promise<Group> {
    return this.value("POST", this.at(id, "groups"), { name });
  }

  async updateGroup(id: Id, groupId: number, name: string): Promise<Group> {
    return this.value("PUT", this.at(id, "groups", String(groupId)), { name });
  }

  /** Its people stay in the audience. */
  async deleteGroup(id: Id, groupId: number): Promise<void> {
    await this.value("DELETE", this.at(id, "groups", String(groupId)));
  }
}

export class Campaigns extends Writable<Campaign, CampaignFields> {
  /** Throws Conflict when it is on its way, ValidationFailed without content or recipients. */
  async send(id: Id): Promise<Campaign> {
    return this.value("POST", this.at(id, "send"));
  }

  async getMetrics(id: Id): Promise<Metrics> {
    return this.value("GET", this.at(id, "metrics"));
  }
}

/** Series over time. */
export class Analytics {
  constructor(private readonly http: Transport) {}

  async getPages({ pageId, ...span }: Timespan & { pageId?: number } = {}): Promise<Series> {
    return this.http.request("GET", "/analytics/pages", { query: { ...span, page_id: pageId } });
  }

  async getCampaigns({ campaignId, ...span }: Timespan & { campaignId?: number } = {}): Promise<Series> {
    return this.http.request("GET", "/analytics/campaigns", { query: { ...span, campaign_id: campaignId } });
  }

  async getAudiences({ audienceId, ...span }: Timespan & { audienceId?: number } = {}): Promise<Series> {
    return this.http.request("GET", "/analytics/audiences", { query: { ...span, audience_id: audienceId } });
  }
}

/** The Furiosa dialect of an installation; `apiKey` is a `fcrm_pk_…` key. */
export class FuriosaClient extends Transport {
  readonly contacts = new Contacts(this, "/contacts");
  readonly audiences = new Audiences(this, "/audiences");
  readonly campaigns = new Campaigns(this, "/campaigns");
  readonly pages = new Readable<LandingPage>(this, "/pages");
  readonly analytics = new Analytics(this);

  constructor({ apiKey, ...options }: ClientOptions & { apiKey: string }) {
    super(options, "/api/v1", `Bearer ${apiKey}`);
  }

  /** The key in use. */
  async me(): Promise<Me> {
    return this.request("GET", "/me");
  }

  override readPage({ data, ...meta }: any, _name: string): Rows {
    return { rows: data, page: meta.page, perPage: meta.per_page, total: meta.total, meta };
  }
}

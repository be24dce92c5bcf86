/** The FluenzR dialect: contacts, groups, campaigns, webhooks, email accounts, pipeline (FluenzR guide). */
import type { Page } from "./pages.js";
import { type Id, Kept, type ListOptions, Resource, Writable } from "./resources.js";
import { type ClientOptions, type Rows, Transport } from "./transport.js";

export type Named = { id: string; name: string };
export type ContactStatus = "active" | "unsubscribed" | "bounced" | "replied" | "blocked";

/** A person. Times are RFC 3339. */
export type Contact = {
  id: string;
  email: string;
  firstName: string | null;
  lastName: string | null;
  company: string | null;
  jobTitle: string | null;
  phone: string | null;
  website: string | null;
  status: ContactStatus;
  groups: Named[];
  tags: string[];
  customFields: Record<string, unknown>;
  pipelineStage: Named | null;
  consentSource: string | null;
  consentNotes: string | null;
  consentDate: string | null;
  createdAt: string;
  updatedAt: string;
};

/** What a contact may be given; `email` is needed to create one. */
export type ContactFields = {
  email?: string;
  firstName?: string | null;
  lastName?: string | null;
  company?: string | null;
  jobTitle?: string | null;
  phone?: string | null;
  website?: string | null;
  status?: ContactStatus;
  groupIds?: string[];
  groupId?: string;
  tags?: string[];
  customFields?: Record<string, unknown>;
  pipelineStageId?: string | null;
  consentSource?: string | null;
  consentNotes?: string | null;
  consentDate?: string | null;
};

export type BulkResult = {
  created: number;
  updated: number;
  skipped: number;
  errors: { index: number; email: string | null; message: string }[];
};

export type SearchOptions = {
  filters?: { status?: ContactStatus; groups?: string[]; tags?: string[]; customFields?: Record<string, unknown> };
  sort?: { field: string; order?: "asc" | "desc" };
  page?: number;
  perPage?: number;
};

/** A list of contacts; a dynamic one enrols whoever joins it into its active campaigns. */
export type Group = {
  id: string;
  name: string;
  description: string;
  type: "static" | "dynamic";
  color: string | null;
  contactsCount: number;
  createdAt: string;
  updatedAt: string;
};
export type GroupFields = { name?: string; description?: string; type?: "static" | "dynamic"; color?: string };
export type Deleted = { id: string; deleted: boolean };
export type Added = { added: number; skipped: number; errors?: unknown[] };

/** A workflow of mails. */
export type Campaign = {
  id: string;
  name: string;
  description: string;
  status: "draft" | "active" | "paused" | "completed" | "archived";
  emailAccountId: string | null;
  settings: Record<string, unknown>;
  workflow: Record<string, unknown>;
  stats: Record<string, unknown>;
  createdAt: string;
  startedAt: string | null;
  updatedAt: string;
};
export type CampaignFields = {
  name?: string;
  description?: string;
  emailAccountId?: string | null;
  settings?: Record<string, unknown>;
  workflow?: Record<string, unknown>;
};
/** Totals and rates; rates are percentages with one decimal. */
export type CampaignStats = {
  openRate: number;
  clickRate: number;
  replyRate: number;
  bounceRate: number;
  unsubscribeRate: number;
} & Record<string, unknown>;
export type Enrolment = { contactIds?: string[]; groupIds?: string[]; groupId?: string; filters?: Record<string, unknown> };

/** A contact of a campaign: pending, in_progress, completed, replied, bounced, unsubscribed or error. */
export type Enrolled = { contactId: string; email: string; status: string; addedAt: string; sentAt: string | null };
/** Numbers of one mail of the workflow. */
export type EmailStats = CampaignStats & { nodeId: string; subject: string };
/** Something that happened with a mail of a campaign, such as email.opened. */
export type Happening = { type: string; timestamp: string; contactId: string; contactEmail: string };

/** An address that is told about events; `secret` is in the answer that made it only. */
export type Webhook = {
  id: string;
  name: string;
  url: string;
  events: string[];
  active: boolean;
  disabledReason: string | null;
  secret?: string;
  createdAt: string;
  updatedAt: string;
};
export type WebhookFields = { name?: string; url?: string; events?: string[]; secret?: string; active?: boolean };
/** One delivery; `responseTime` in milliseconds. */
export type Delivery = {
  id: string;
  eventId: string;
  eventType: string;
  status: string;
  statusCode: number | null;
  responseTime: number | null;
  timestamp: string;
};
export type EmailAccount = {
  id: string;
  email: string;
  displayName: string;
  provider: "smtp" | "gmail" | "outlook";
  status: "connected" | "error" | "disabled";
  dailyLimit: number | null;
  sentToday: number;
  smtp: Record<string, unknown>;
  imap: Record<string, unknown> | null;
  createdAt: string;
};
export type EmailAccountFields = {
  email?: string;
  displayName?: string;
  provider?: "smtp" | "gmail" | "outlook";
  dailyLimit?: number | null;
  enabled?: boolean;
  smtp?: Record<string, unknown>;
  imap?: Record<string, unknown> | null;
};
export type Stage = Named & { color: string; position: number; contactsCount: number; createdAt: string };
export type StageFields = { name?: string; color?: string; position?: number };
export type Timespan = { from?: string; to?: string };

export class Contacts extends Kept<Contact, ContactFields, Deleted> {
  /** Up to 1000 contacts with one request; bad rows are told and hinder no other. */
  async createMany(
    contacts: ContactFields[],
    { groupIds = [], onDuplicate = "skip" }: { groupIds?: string[]; onDuplicate?: "skip" | "update" } = {},
  ): Promise<BulkResult> {
    return this.value("POST", `${this.path}/bulk`, { contacts, groupIds, onDuplicate });
  }

  /** By text and filters. */
  async search(query = "", options: SearchOptions = {}): Promise<Page<Contact>> {
    const body = { query, ...options };
    const answer = await this.http.request("POST", `${this.path}/search`, { body, onlyReads: true });
    return this.paged<Contact>(answer, "", (page) => this.search(query, { ...options, page }));
  }

  async addGroups(id: Id, groupIds: string[]): Promise<Contact> {
    return this.value("POST", this.at(id, "groups"), { groupIds });
  }

  async removeGroups(id: Id, groupIds: string[]): Promise<Contact> {
    return this.value("DELETE", this.at(id, "groups"), { groupIds });
  }

  /** Tags are made when they are new. */
  async addTags(id: Id, tags: string[]): Promise<Contact> {
    return this.value("POST", this.at(id, "tags"), { tags });
  }

  async removeTags(id: Id, tags: string[]): Promise<Contact> {
    return this.value("DELETE", this.at(id, "tags"), { tags });
  }
}

export class Groups extends Kept<Group, GroupFields, Deleted> {
  async addContacts(id: Id, contactIds: string[]): Promise<Added> {
    return this.value("POST", this.at(id, "contacts"), { contactIds });
  }
}

export class Campaigns extends Writable<Campaign, CampaignFields> {
  /** Starts a draft; throws Conflict in other states, ValidationFailed with a detail per fault of the workflow. */
  async start(id: Id): Promise<Campaign> {
    return this.value("POST", this.at(id, "start"));
  }

  async pause(id: Id): Promise<Campaign> {
    return this.value("POST", this.at(id, "pause"));
  }

  async resume(id: Id): Promise<Campaign> {
    return this.value("POST", this.at(id, "resume"));
  }

  /** Puts a completed campaign away. */
  async archive(id: Id): Promise<Campaign> {
    return this.value("POST", this.at(id, "archive"));
  }

  /** Enrols contacts by ids, by groups or by filters. */
  async addContacts(id: Id, { groupId, ...rest }: Enrolment): Promise<Added> {
    return this.value("POST", this.at(id, "contacts"), groupId === undefined ? rest : { ...rest, groupIds: [groupId] });
  }

  /** Ends the run of contacts. */
  async removeContacts(id: Id, contactIds: string[]): Promise<Record<string, unknown>> {
    return this.value("DELETE", this.at(id, "contacts"), { contactIds });
  }

  /** Those enrolled, by `status` when given. */
  async listContacts(id: Id, options: ListOptions = {}): Promise<Page<Enrolled>> {
    return this.rows(this.at(id, "contacts"), options);
  }

  async getStats(id: Id): Promise<CampaignStats> {
    return this.value("GET", this.at(id, "stats"));
  }

  /** The numbers of each mail of the workflow, in order. */
  async getEmailStats(id: Id): Promise<EmailStats[]> {
    return this.value("GET", this.at(id, "stats", "emails"));
  }

  /** What happened in each interval (`at`). */
  async getTimeline(
    id: Id,
    options: Timespan & { interval?: "hour" | "day" | "week" } = {},
  ): Promise<({ at: string } & Record<string, unknown>)[]> {
    return this.value("GET", this.at(id, "stats", "timeline"), undefined, options);
  }

  /** What happened, newest first; narrowed by `type`, `contactId`, `from`, `to`. */
  async getActivity(id: Id, options: ListOptions = {}): Promise<Page<Happening>> {
    return this.rows(this.at(id, "activity"), options);
  }
}

export class Webhooks extends Kept<Webhook, WebhookFields, Deleted> {
  /** Sends a delivery to try the address, and tells how it went. */
  async test(id: Id): Promise<Delivery> {
    return this.value("POST", this.at(id, "test"));
  }

  /** Deliveries, newest first; narrowed by `status` and `eventType`. */
  async getLogs(id: Id, options: ListOptions = {}): Promise<Page<Delivery>> {
    return this.rows(this.at(id, "logs"), options);
  }
}

export class EmailAccounts extends Kept<EmailAccount, EmailAccountFields, Deleted> {
  /** Sends a short mail `to` an address, by default to the account's own; what the server said is `message`. */
  async test(id: Id, { to }: { to?: string } = {}): Promise<{ id: string; status: string; message: string }> {
    return this.value("POST", this.at(id, "test"), to === undefined ? undefined : { to });
  }
}

export class Pipeline extends Resource<Stage> {
  /** All of them, in order. */
  async listStages(): Promise<Stage[]> {
    return this.value("GET", this.path);
  }

  async createStage(fields: StageFields): Promise<Stage> {
    return this.value("POST", this.path, fields);
  }

  async updateStage(id: Id, fields: StageFields): Promise<Stage> {
    return this.value("PUT", this.at(id), fields);
  }

  /** Its contacts need another stage to `moveTo`. */
  async deleteStage(id: Id, { moveTo }: { moveTo?: string } = {}): Promise<Deleted & { moved: number }> {
    return this.value("DELETE", this.at(id), moveTo === undefined ? undefined : { moveTo });
  }
}

/** The FluenzR dialect of an installation; `apiKey` is a `flz_sk_…` key. */
export class FluenzrClient extends Transport {
  override readonly perPageWord = "perPage";
  readonly contacts = new Contacts(this, "/contacts");
  readonly groups = new Groups(this, "/groups");
  readonly campaigns = new Campaigns(this, "/campaigns");
  readonly webhooks = new Webhooks(this, "/webhooks");
  readonly emailAccounts = new EmailAccounts(this, "/email-accounts");
  readonly pipeline = new Pipeline(this, "/pipeline/stages");

  constructor({ apiKey, ...options }: ClientOptions & { apiKey: string }) {
    super(options, "/v1", `Bearer ${apiKey}`);
  }

  override unwrap(answer: any, _name: string): any {
    return answer.data;
  }

  override readPage(answer: any, _name: string): Rows {
    const { meta } = answer;
    return { rows: answer.data, page: meta.page, perPage: meta.perPage, total: meta.total, meta };
  }
}

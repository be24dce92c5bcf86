"""What an installation that has grown holds beside its contacts, made by PostgreSQL itself as sets.

On top of `benchmarks.people`: one list of six tenths of the contacts, companies and who works there, notes, events, a
mailing to everybody and nine to a twentieth of them, with opens, clicks and bounces, consents, imports with refused rows,
forms with what was filled in, webhooks, short addresses, saved segments, logs, automations, pages, the pipeline. Numbers are
shares of the contacts.
"""

from __future__ import annotations

import time

from tidings.platform.core import Core

BIG_LIST = "Everybody who reads"

_STATEMENTS = (
    f"INSERT INTO lists (title, slug) VALUES ('{BIG_LIST}', 'everybody-who-reads')",
    """INSERT INTO contact_lists (contact_id, list_id, created_at)
    SELECT n, (SELECT max(id) FROM lists), now() - n * interval '20 seconds'
    FROM generate_series(1, {n}) n WHERE n % 10 < 6""",
    """INSERT INTO companies (name, industry, type, email, city, country, employees_number, created_at, updated_at)
    SELECT 'Company ' || n, (ARRAY['Trade','Software','Food','Health','Media'])[1 + n % 5],
           (ARRAY['Prospect','Customer','Partner'])[1 + n % 3], 'office@company' || n || '.example', 'City ' || n % 300,
           'DE', n % 500, now() - n * interval '10 minutes', now() - n * interval '5 minutes'
    FROM generate_series(1, {n} / 50) n""",
    """INSERT INTO contact_companies (contact_id, company_id)
    SELECT n, 1 + n % ({n} / 50) FROM generate_series(1, {n}) n WHERE n % 4 = 0""",
    "UPDATE contacts SET company_id = 1 + id % ({n} / 50) WHERE id % 4 = 0",
    """INSERT INTO notes (contact_id, title, description, kind, created_at)
    SELECT 1 + (n * 37) % {n}, 'Call ' || n, 'Spoke about order ' || n % 1000 || ' and the delivery', 'call', now() - n * interval '1 minute'
    FROM generate_series(1, {n} / 5) n""",
    "INSERT INTO notes (contact_id, title, description) SELECT {n}, 'Note ' || n, 'Text' FROM generate_series(1, 200) n",
    """INSERT INTO contact_events (contact_id, event_key, title, value, counter, updated_at)
    SELECT 1 + (n * 13) % {n}, 'key_' || n % 20, 'Event ' || n % 100, (n % 500)::text, 1 + n % 9, now() - n * interval '1 minute'
    FROM generate_series(1, {n} / 2) n""",
    """INSERT INTO campaigns (title, slug, state, subject, body, is_drawn, recipients_count, started_at, finished_at, created_at)
    SELECT 'Newsletter ' || n, 'newsletter-' || n, 'finished', 'News ' || n, '<p>Hello</p>', true, 0,
           now() - n * interval '3 days', now() - n * interval '3 days', now() - n * interval '4 days'
    FROM generate_series(1, 200) n""",
    """INSERT INTO campaign_subjects (campaign_id, weight, subject) SELECT id, 50, 'News' FROM campaigns""",
    """INSERT INTO links (campaign_id, position, url)
    SELECT c, p, 'https://example.org/' || c || '/' || p FROM generate_series(1, 10) c, generate_series(1, 8) p""",
    """INSERT INTO messages (campaign_id, contact_id, email, state, account_id, sent_at, opens, opened_at, clicks, clicked_at, created_at)
    SELECT 1, n, 'person' || n || '@example' || n % 50 || '.org', CASE WHEN n % 100 = 7 THEN 'bounced' WHEN n % 100 = 8 THEN 'failed'
           ELSE 'sent' END, 1, now() - interval '3 days' + n * interval '10 milliseconds',
           (n % 10 < 4)::int, CASE WHEN n % 10 < 4 THEN now() - interval '2 days' END,
           (n % 10 = 1)::int, CASE WHEN n % 10 = 1 THEN now() - interval '1 day' END, now() - interval '3 days'
    FROM generate_series(1, {n}) n""",
    """INSERT INTO messages (campaign_id, contact_id, email, state, account_id, sent_at, opens, opened_at, created_at)
    SELECT c, n, 'person' || n || '@example' || n % 50 || '.org', 'sent', 1, now() - c * interval '3 days',
           (n % 10 < 4)::int, CASE WHEN n % 10 < 4 THEN now() - c * interval '3 days' + interval '5 hours' END,
           now() - c * interval '3 days'
    FROM generate_series(2, 10) c, generate_series(1, {n} / 20) n""",
    """INSERT INTO message_links (message_id, link_id, campaign_id, clicks, first_at, last_at)
    SELECT m.id, l.id, 1, 1, m.clicked_at, m.clicked_at FROM messages m
    JOIN links l ON l.campaign_id = 1 AND l.position = 1 + m.id % 8 WHERE m.campaign_id = 1 AND m.clicked_at IS NOT NULL""",
    """UPDATE contacts SET opened_at = now() - id % 365 * interval '1 day', active_at = now() - id % 365 * interval '1 day'
    WHERE id % 10 < 6""",
    "UPDATE campaigns c SET recipients_count = (SELECT count(*) FROM messages WHERE campaign_id = c.id) WHERE id <= 10",
    """INSERT INTO consents (contact_id, at, kind, source, reason)
    SELECT n, now() - n * interval '20 seconds', 'opt_out', 'link', 'Too many' FROM generate_series(20, {n}, 20) n""",
    """INSERT INTO imports (file_name, path, state, rows_done, created, rejected, created_at, finished_at)
    SELECT 'people' || n || '.csv', 'x', 'done', 1000, 900, 100, now() - n * interval '1 hour', now() FROM generate_series(1, 300) n""",
    """INSERT INTO import_rejects (import_id, line, reason, row)
    SELECT 300, n, 'email', ARRAY['a', 'b'] FROM generate_series(1, {n} / 20) n""",
    """INSERT INTO forms (slug, title, fields, created_at, updated_at)
    SELECT 'form-' || n, 'Form ' || n, '[]', now(), now() FROM generate_series(1, 100) n""",
    """INSERT INTO form_submissions (form_id, contact_id, answers, created_at)
    SELECT 1 + (n % 10) * (n % 2), 1 + (n * 17) % {n}, '{"email": "person@example.org"}', now() - n * interval '1 minute'
    FROM generate_series(1, {n} / 5) n""",
    "INSERT INTO webhooks (name, created_at, updated_at) SELECT 'Hook ' || n, now(), now() FROM generate_series(1, 200) n",
    """INSERT INTO smart_links (slug, title, target_url, created_at, updated_at)
    SELECT 'link-' || n, 'Link ' || n, 'https://example.org/', now(), now() FROM generate_series(1, 200) n""",
    "INSERT INTO smart_link_tallies (link_id, contacts, clicks) SELECT 1 + n % 200, 1, 2 FROM generate_series(1, 400) n",
    """INSERT INTO segments (title, rules, contacts_count, counted_at)
    SELECT 'Segment ' || n, jsonb_build_object('rule', 'column', 'field', 'city', 'operator', 'equals', 'value', 'City ' || n),
           1000, now() FROM generate_series(1, 20) n""",
    "INSERT INTO system_logs (title, description) SELECT 'Log ' || n, 'Something' FROM generate_series(1, {n} / 20) n",
    """INSERT INTO audit_entries (actor, action, object) SELECT 'bench', 'contact.update', n::text
    FROM generate_series(1, {n} / 5) n""",
    "INSERT INTO labels (slug, title) SELECT 'label-' || n, 'Label ' || n FROM generate_series(1, 50) n",
    """INSERT INTO facts (kind, contact_id, data) SELECT 'tags_added', n, '{"tag_ids": [1]}' FROM generate_series(1, {n}) n""",
)
# What came after the first filled folders were kept: automations and who is in them, webhooks and what they told, pages
# and their visits, the pipeline, who left by a mail.
_LATER = (
    """INSERT INTO automations (title, state, trigger, start)
    SELECT 'Automation ' || n, CASE WHEN n > 5 THEN 'draft' ELSE 'published' END, 'tags_added', '{"ids": [100000]}'
    FROM generate_series(1, 200) n""",
    """INSERT INTO automation_steps (automation_id, kind, title, params, position)
    SELECT a, CASE s WHEN 1 THEN 'add_tags' ELSE 'add_note' END, 'Step ' || s, '{}', s
    FROM generate_series(1, 200) a, generate_series(1, 3) s ORDER BY a, s""",
    """INSERT INTO automation_runs (automation_id, contact_id, state, step_id, due_at, first_step_id, last_step_id, source,
                                 begun_at, created_at, updated_at)
    SELECT a, n, CASE n % 4 WHEN 0 THEN 'active' WHEN 1 THEN 'cancelled' ELSE 'completed' END, a * 3, 'infinity', a * 3 - 2,
           a * 3 - 1, 'tags_added', now(), now() - n * interval '1 minute', now()
    FROM generate_series(1, 5) a, generate_series(1, {n}) n WHERE n % (a * 3) = 0""",
    """INSERT INTO automation_metrics (run_id, step_id, state, created_at, updated_at)
    SELECT r.id, s, 'completed', r.created_at, now() FROM automation_runs r, generate_series(r.first_step_id, r.last_step_id) s""",
    """INSERT INTO webhook_endpoints (form, name, url, events, secret, is_active, created_at, updated_at)
    SELECT 'fluenzr', 'Hook ' || n, 'http://127.0.0.1:9/' || n, '{contact.created,contact.updated}', '', false, now(), now()
    FROM generate_series(1, 5) n""",
    """INSERT INTO webhook_events (form, kind, once, contact_id, at, body, created_at)
    SELECT 'fluenzr', CASE n % 4 WHEN 0 THEN 'contact.created' ELSE 'contact.updated' END, n::text, n, now(), '{}',
           now() - n * interval '5 seconds'
    FROM generate_series(1, {n} / 10) n""",
    """INSERT INTO webhook_deliveries (endpoint_id, event_id, kind, contact_id, state, attempts, due_at, status_code,
                                    response_ms, tried_at, created_at)
    SELECT e, v.id, v.kind, v.contact_id, CASE WHEN v.id % 50 = 0 THEN 'failed' ELSE 'delivered' END, 1, v.at, 200, 12, v.at,
           v.created_at
    FROM webhook_events v, generate_series(1, 2) e""",
    """INSERT INTO pages (slug, title, state, form_id, list_id, created_at, updated_at)
    SELECT 'page-' || n, 'Page ' || n, 'published', n, 1 + n % 5, now(), now() FROM generate_series(1, 100) n""",
    """INSERT INTO page_tallies (page_id, day, views, submissions)
    SELECT p, current_date - d, 50 + d, d % 7 FROM generate_series(1, 100) p, generate_series(0, 700) d""",
    "UPDATE form_submissions SET page_id = form_id WHERE form_id BETWEEN 1 AND 5 AND id % 2 = 0",
    """INSERT INTO pipeline_places (contact_id, stage_id, entered_at)
    SELECT n, 1 + n % 6, now() - n * interval '10 seconds' FROM generate_series(1, {n}, 3) n""",
    """INSERT INTO pipeline_moves (contact_id, at, was_id, was_title, now_id, now_title)
    SELECT n, now() - n * interval '10 seconds', 1 + k, 'Stage', 2 + k, 'Stage'
    FROM generate_series(1, {n}, 3) n, generate_series(0, 1) k""",
    """UPDATE messages SET unsubscribed_at = sent_at + interval '1 day'
    WHERE campaign_id = 1 AND contact_id % 20 = 0 AND state = 'sent'""",
)
# And after these: templates and patterns with bodies of a usual size.
_LATEST = (
    """INSERT INTO templates (title, state, subject, body, created_at, updated_at)
    SELECT 'Template ' || n, CASE WHEN n % 20 = 0 THEN 'published' ELSE 'draft' END, 'Subject ' || n,
           repeat('<p>A paragraph of a mail, as long as most of them are.</p>', 100), now(), now()
    FROM generate_series(1, 5000) n""",
    """INSERT INTO patterns (slug, title, content, category, created_at, updated_at)
    SELECT 'pattern-' || n, 'Pattern ' || n, repeat('<p>A paragraph of a mail.</p>', 20),
           CASE WHEN n % 10 = 0 THEN 'Tops' ELSE 'Other ' || n % 30 END, now(), now()
    FROM generate_series(1, 2000) n""",
    "INSERT INTO pattern_categories (name, slug) SELECT 'Other ' || n, 'other-' || n FROM generate_series(0, 29) n",
)


async def fill(core: Core, contacts: int) -> None:
    """Adds the rest to contacts that `people.fill` made, and prints how long it took."""
    wanted: list[str] = []
    for statements, filled in ((_STATEMENTS, "companies"), (_LATER, "automations"), (_LATEST, "templates")):
        if not await core.db.fetchval(f"SELECT EXISTS (SELECT 1 FROM {filled})"):
            wanted += statements
    if not wanted:
        return
    started = time.perf_counter()
    async with core.db.transaction() as tx:
        for statement in wanted:
            await tx.execute(statement.replace("{n}", str(contacts)))
    async with core.db.connection() as connection:
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
    print(f"the rest made in {time.perf_counter() - started:.0f} s")

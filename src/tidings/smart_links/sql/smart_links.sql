-- name: insert
INSERT INTO smart_links (slug, title, target_url, tag_ids, list_ids, remove_tag_ids, remove_list_ids, signs_in, notes,
                         user_id, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) ON CONFLICT (slug) DO NOTHING RETURNING id

-- name: update
UPDATE smart_links SET title = $2, target_url = $3, tag_ids = $4, list_ids = $5, remove_tag_ids = $6,
       remove_list_ids = $7, signs_in = $8, notes = $9, updated_at = $10
WHERE id = $1 RETURNING id

-- name: counts
LEFT JOIN LATERAL (
    SELECT coalesce(sum(contacts), 0)::bigint AS contact_clicks, coalesce(sum(clicks), 0)::bigint AS clicks
    FROM smart_link_tallies WHERE link_id = l.id) t ON true

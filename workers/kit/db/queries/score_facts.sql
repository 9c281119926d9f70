-- One look-up a lead in both tables: where their statistics are old, the planner would read all rows of the client.
SELECT l.id AS "id!", l.title AS "title!", l.company AS "company!", l.industry AS "industry!", l.city AS "city!",
    l.state AS "state!", l.country AS "country!", l.email AS "email!", l.phone AS "phone!",
    l.linkedin_url AS "linkedin_url!", l.website AS "website!", l.employee_count, l.is_new_role, l.is_hiring,
    l.recently_funded, l.signal_strength, l.als_score, l.als_given, l.status = 'unsubscribed' AS "unsubscribed!",
    l.status = 'bounced' OR (
        SELECT true FROM activities AS a WHERE a.client_id = $1 AND a.lead_id = l.id AND a.action = 'bounced' LIMIT 1
    ) IS NOT NULL AS "bounced!"
FROM unnest($2::uuid[]) AS wanted (id)
CROSS JOIN LATERAL (SELECT * FROM leads WHERE client_id = $1 AND leads.id = wanted.id LIMIT 1) AS l
WHERE l.deleted_at IS NULL ORDER BY l.id

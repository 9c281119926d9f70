SELECT l.id, l.title, l.company, l.industry, l.city, l.state, l.country, l.email, l.phone, l.linkedin_url, l.website,
    l.employee_count, l.is_new_role, l.is_hiring, l.recently_funded, l.signal_strength, l.als_score, l.als_given,
    l.status = 'unsubscribed' AS "unsubscribed!",
    l.status = 'bounced' OR EXISTS (
        SELECT FROM activities AS a WHERE a.client_id = l.client_id AND a.lead_id = l.id AND a.action = 'bounced'
    ) AS "bounced!"
FROM leads AS l WHERE l.client_id = $1 AND l.id = ANY($2) AND l.deleted_at IS NULL ORDER BY l.id

SELECT
    EXISTS (SELECT FROM client_users WHERE client_id = $1 AND user_id = $2) AS "user!",
    EXISTS (SELECT FROM leads WHERE client_id = $1 AND prospect_id = $3) AS "prospect!",
    EXISTS (SELECT FROM activities WHERE client_id = $1 AND source = $4 AND event_id = $5) AS "recorded!"

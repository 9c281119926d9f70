SELECT id, name, company, coalesce(nullif(industry, ''), nullif(tags ->> 'industry', 'other'), '') AS "industry!",
    company_name, email_key, profile_key, phone_key, linkedin_url = '' AND email <> '' AS "by_mail!", time_zone, state,
    country
FROM leads
WHERE client_id = $1
    AND ($2 <> '' AND prospect_id = $2 OR $3::bytea <> '' AND (email_key = $3 OR profile_key = $3 OR phone_key = $3))
ORDER BY prospect_id = $2 DESC, email_key = $3 DESC NULLS LAST, id LIMIT 1
FOR NO KEY UPDATE

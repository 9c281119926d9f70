SELECT id, company_name, email_key, profile_key, phone_key, linkedin_url = '' AND email <> '' AS "by_mail!"
FROM leads
WHERE client_id = $1 AND CASE WHEN $2 <> '' THEN prospect_id = $2
    ELSE $3::bytea <> '' AND (email_key = $3 OR profile_key = $3 OR phone_key = $3) END
ORDER BY email_key = $3 DESC NULLS LAST, id LIMIT 1
FOR NO KEY UPDATE

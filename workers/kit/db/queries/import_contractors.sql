WITH written AS (
    INSERT INTO contractors AS old (client_id, id, first_name, last_name, company_name, revenue_tier, team_size,
        focus_areas, current_stage, close_rate, lead_sources, current_crm, created_at, updated_at)
    SELECT DISTINCT ON (id) $1, id, first_name, last_name, company_name, revenue_tier, team_size, focus_areas,
        current_stage, close_rate, lead_sources, current_crm, coalesce(created_at, $3), $3
    FROM ROWS FROM (jsonb_to_recordset($2) AS (id integer, first_name text, last_name text, company_name text,
        revenue_tier text, team_size integer, focus_areas text[], current_stage text, close_rate float8,
        lead_sources text[], current_crm text, created_at timestamptz)) WITH ORDINALITY
        AS r (id, first_name, last_name, company_name, revenue_tier, team_size, focus_areas, current_stage, close_rate,
            lead_sources, current_crm, created_at, place)
    ORDER BY id, place DESC
    ON CONFLICT (client_id, id) DO UPDATE SET
        first_name = coalesce(excluded.first_name, old.first_name),
        last_name = coalesce(excluded.last_name, old.last_name),
        company_name = coalesce(excluded.company_name, old.company_name),
        revenue_tier = coalesce(excluded.revenue_tier, old.revenue_tier),
        team_size = coalesce(excluded.team_size, old.team_size),
        focus_areas = coalesce(nullif(excluded.focus_areas, '{}'), old.focus_areas),
        current_stage = coalesce(excluded.current_stage, old.current_stage),
        close_rate = coalesce(excluded.close_rate, old.close_rate),
        lead_sources = coalesce(nullif(excluded.lead_sources, '{}'), old.lead_sources),
        current_crm = coalesce(excluded.current_crm, old.current_crm),
        updated_at = excluded.updated_at
    WHERE old.erased_at IS NULL
        AND (old.first_name, old.last_name, old.company_name, old.revenue_tier, old.team_size, old.focus_areas,
            old.current_stage, old.close_rate, old.lead_sources, old.current_crm) IS DISTINCT FROM
            (coalesce(excluded.first_name, old.first_name), coalesce(excluded.last_name, old.last_name),
            coalesce(excluded.company_name, old.company_name), coalesce(excluded.revenue_tier, old.revenue_tier),
            coalesce(excluded.team_size, old.team_size),
            coalesce(nullif(excluded.focus_areas, '{}'), old.focus_areas),
            coalesce(excluded.current_stage, old.current_stage), coalesce(excluded.close_rate, old.close_rate),
            coalesce(nullif(excluded.lead_sources, '{}'), old.lead_sources),
            coalesce(excluded.current_crm, old.current_crm))
    RETURNING xmax = 0 AS inserted
)
SELECT count(*) FILTER (WHERE inserted) AS "inserted!", count(*) FILTER (WHERE NOT inserted) AS "updated!" FROM written

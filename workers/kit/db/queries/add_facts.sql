UPDATE leads SET
    employee_count = coalesce(r.employee_count, leads.employee_count),
    is_new_role = coalesce(r.is_new_role, leads.is_new_role),
    is_hiring = coalesce(r.is_hiring, leads.is_hiring),
    recently_funded = coalesce(r.recently_funded, leads.recently_funded),
    -- Whoever said no is not asked again because an older file knew nothing of it.
    status = CASE WHEN leadfleet_strength(r.status) > leadfleet_strength(leads.status) THEN r.status
        ELSE leads.status END,
    converted_at = coalesce(r.converted_at, leads.converted_at),
    als_given = coalesce(r.als_given, leads.als_given),
    als_components = coalesce(r.als_given, leads.als_components),
    als_snapshot = CASE WHEN leads.als_snapshot IS NULL AND leads.first_touch_at IS NOT NULL
        AND r.als_given IS NOT NULL THEN jsonb_build_object('components', r.als_given) ELSE leads.als_snapshot END
FROM jsonb_to_recordset($2) AS r (id uuid, employee_count integer, is_new_role boolean, is_hiring boolean,
    recently_funded boolean, status text, converted_at timestamptz, als_given jsonb)
WHERE leads.client_id = $1 AND leads.id = r.id

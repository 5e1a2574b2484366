-- Growth by month.
-- answers: How do net earnings move from month to month and from year to year?
-- needs: earnings
-- parameters:
--   creator: creator, default all. Only this creator.
--   from: month, default last month - 11. First month, in the creator's time zone.
--   to: month, default this month. Last month.
-- columns:
--   creator: Label of the creator, else the handle.
--   earned_month: First day of the month.
--   net_cents: Net earnings, US cents; 0 in a month without rows, which is as sure as the month is covered.
--   prev_month_cents: Net of the month before, US cents.
--   mom: Growth against it; NULL where it is 0 or absent, and in a month that is not over.
--   prev_year_cents: Net of the same month of the year before, US cents.
--   yoy: Growth against it.
--   is_partial: Whether the month is not over.
SELECT
    coalesce(d.label, CAST(g.creator_id AS VARCHAR)) AS creator,
    g.earned_month,
    g.net_cents,
    g.prev_month_cents,
    g.mom,
    g.prev_year_cents,
    g.yoy,
    g.is_partial
FROM mart.rpt_creator_month_growth g
LEFT JOIN mart.dim_creators d ON d.creator_id = g.creator_id
WHERE g.earned_month BETWEEN $from AND $to AND ($creator IS NULL OR g.creator_id = CAST($creator AS UUID))
ORDER BY creator, g.creator_id, g.earned_month

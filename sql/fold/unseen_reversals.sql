-- Reversals that a sweep found inside a window that has them among the earnings and that was read completely before: the window is to be read again.
INSERT INTO meta.suspects (reason, stream, creator_id, earning_id, fan_id, suspect_at, since_seq, since_page)
WITH first_seen AS (
    SELECT d.creator_id, d.earning_id, d.earned_at, arg_min(s.judges IS NULL, d._event) AS is_swept,
        arg_min(d._run_seq, d._event) AS _run_seq, arg_min(d._page, d._event) AS _page
    FROM temp.delta d
    JOIN temp.batch s ON s.slice_no = d.slice_no
    GROUP BY d.creator_id, d.earning_id, d.earned_at
),
covered AS (
    SELECT creator_id, window_start, window_end, last_seq, last_page
    FROM meta.slices
    WHERE table_name = 'earnings' AND stream = 'earnings' AND is_complete AND surface NOT IN ('v0', 'bare')
    UNION
    SELECT creator_id, window_start, window_end, last_seq, last_page
    FROM temp.batch
    WHERE judges = 'all' AND is_complete
)
SELECT 'reversal', 'earnings', f.creator_id, f.earning_id, NULL, f.earned_at, f._run_seq, f._page
FROM first_seen f
JOIN temp.change c ON c.creator_id = f.creator_id AND c.earning_id = f.earning_id AND NOT c.is_known
WHERE f.is_swept
    AND EXISTS (
        FROM covered w
        WHERE w.creator_id = f.creator_id AND f.earned_at >= w.window_start AND f.earned_at < w.window_end
            AND (w.last_seq, w.last_page) < (f._run_seq, f._page)
    )

-- Instants of a creator's earnings that need another read, with the reason.
SELECT DISTINCT reason, suspect_at
FROM meta.suspects
WHERE creator_id = TRY_CAST(? AS UUID) AND stream = 'earnings'
ORDER BY suspect_at DESC, reason;

-- Sources of earnings with their place in reports.
-- grain: one row per source: those the platform is known to use, and any other that the data have
-- key: source
-- sources: fanvue.earnings
-- build: whole
-- example: SELECT source_label FROM mart.dim_earning_source WHERE is_recurring
-- columns:
--   source: Source as the platform names it, or unattributed: reversals whose sale is not known.
--   source_label: Name for people; of a source that is not known, its words.
--   source_group: Group for reports: subscriptions, messages, posts, tips, links, experiences, rewards, reversals or other.
--   is_fan_paid: Whether a fan pays it; false for rewards of the platform. NULL for a source that is not known: there a row counts as paid by a fan if it names one.
--   is_recurring: Whether it is a subscription payment, first or later.
--   is_reversal: Whether rows of the source take an earlier sale back.
WITH listed(source, source_label, source_group, is_fan_paid, is_recurring, is_reversal) AS (
    VALUES
        ('subscription', 'New subscriptions', 'subscriptions', true, true, false),
        ('renewal', 'Renewals', 'subscriptions', true, true, false),
        ('message', 'Paid messages', 'messages', true, false, false),
        ('post', 'Paid posts', 'posts', true, false, false),
        ('tip', 'Tips', 'tips', true, false, false),
        ('mediaLink', 'Media links', 'links', true, false, false),
        ('checkoutLink', 'Checkout links', 'links', true, false, false),
        ('fanExperience', 'Fan experiences', 'experiences', true, false, false),
        ('appStore', 'App store', 'other', true, false, false),
        ('referral', 'Referral rewards', 'rewards', false, false, false),
        ('affiliate', 'Affiliate commission', 'rewards', false, false, false),
        ('giveaway', 'Giveaways', 'rewards', false, false, false),
        ('refund', 'Refunds', 'reversals', true, false, true),
        ('chargeback', 'Chargebacks', 'reversals', true, false, true),
        ('unattributed', 'Reversals of unknown sales', 'reversals', true, false, true)
)
SELECT * FROM listed
UNION ALL
SELECT DISTINCT e.source, coalesce(nullif(upper(left(e.source, 1)) || lower(regexp_replace(substr(e.source, 2), '_|([a-z0-9])([A-Z])', '\1 \2', 'g')), ''), e.source), 'other', CAST(NULL AS BOOLEAN), false, false
FROM fanvue.earnings e
WHERE e.source IS NOT NULL AND e.source NOT IN (SELECT source FROM listed)
ORDER BY source

-- Every question of the managers' page. A question is a name, what it answers, and one statement.
--
-- Common parameters; NULL asks for all:
--   $units, $kinds   codes of units, ids of templates
--   $since, $until   first and last day, in Việt Nam. Stocks count the documents taken in on these
--                    days; flows ("per day", "burn-up") count what happened on them.
-- A rejected document is scanned again as a new one, so it is in no total.
-- Every rate stands beside its number of cases.

-- name: local_day
-- The day of a moment as a clock in Việt Nam shows it.
CREATE MACRO local_day(moment) AS (moment AT TIME ZONE 'Asia/Ho_Chi_Minh')::DATE;

-- name: kind_of_field
-- A line item's field without its place in the list: muc.3.so_hieu is muc.so_hieu.
CREATE MACRO kind_of_field(field) AS regexp_replace(field, '\.\d+\.', '.');

-- name: chosen
-- The documents that units, kinds and period select, with where they stand in plain classes.
CREATE MACRO chosen(units, kinds, since, until) AS TABLE
SELECT
    *,
    local_day(created_at) AS day,
    stage = 'exported' AS is_done,
    stage = 'held' AS is_held,
    stage NOT IN ('exported', 'held', 'rejected') AS in_work
FROM documents
WHERE (units IS NULL OR list_contains(units, unit))
    AND (kinds IS NULL OR list_contains(kinds, coalesce(kind, '')))
    AND (since IS NULL OR local_day(created_at) >= since)
    AND (until IS NULL OR local_day(created_at) <= until);

-- name: arrivals
-- The first time each document came to each stage: a document that is sent back counts once.
CREATE MACRO arrivals(units, kinds) AS TABLE
SELECT
    e.document,
    CASE e.after WHEN 'proposed' THEN 'read' ELSE e.after END AS step,
    local_day(min(e."at")) AS day
FROM events AS e
JOIN chosen(units, kinds, NULL::DATE, NULL::DATE) AS d ON d.id = e.document
WHERE e.after IN ('read', 'proposed', 'reviewed', 'approved', 'exported')
GROUP BY ALL
UNION ALL
SELECT id, 'received', day
FROM chosen(units, kinds, NULL::DATE, NULL::DATE);

-- name: units_seen
-- The units that have handed in documents, by name.
SELECT
    d.unit,
    coalesce(any_value(u.name), d.unit) AS name,
    count(*) AS documents
FROM documents AS d
LEFT JOIN units AS u ON u.code = d.unit
GROUP BY d.unit
ORDER BY name;

-- name: kinds_seen
-- The kinds of paper among the documents; none where no template fits.
SELECT
    kind,
    count(*) AS documents
FROM documents
GROUP BY kind
ORDER BY documents DESC, kind;

-- name: period
-- One row: the first and the last day on which anything happened; none in an empty store.
SELECT
    (SELECT local_day(min(created_at)) FROM documents) AS first_day,
    (SELECT local_day(max(moment)) FROM (
        SELECT max(changed_at) AS moment FROM documents
        UNION ALL
        SELECT max("at") FROM events
    )) AS last_day;

-- name: totals
-- One row: documents in all, done, in work, held, rejected; the share done; pages.
SELECT
    count(*) FILTER (stage <> 'rejected') AS total,
    count(*) FILTER (is_done) AS done,
    count(*) FILTER (in_work) AS in_work,
    count(*) FILTER (is_held) AS held,
    count(*) FILTER (stage = 'rejected') AS rejected,
    count(*) FILTER (is_done) / nullif(count(*) FILTER (stage <> 'rejected'), 0) AS share,
    coalesce(sum(pages), 0)::BIGINT AS pages
FROM chosen($units::VARCHAR[], $kinds::VARCHAR[], $since::DATE, $until::DATE);

-- name: documents_by_stage
-- How many documents stand at each stage now, and the day since which the oldest has waited there.
SELECT
    stage,
    count(*) AS documents,
    local_day(min(changed_at)) AS oldest
FROM chosen($units::VARCHAR[], $kinds::VARCHAR[], $since::DATE, $until::DATE)
GROUP BY stage
ORDER BY stage;

-- name: documents_per_day
-- Documents taken in, read, reviewed, approved and exported on each day, days of rest included.
WITH steps AS (
    SELECT step, day, count(*) AS documents
    FROM arrivals($units::VARCHAR[], $kinds::VARCHAR[])
    GROUP BY ALL
), span AS (
    SELECT
        coalesce($since::DATE, min(day)) AS first_day,
        coalesce($until::DATE, max(day)) AS last_day
    FROM steps
), days AS (
    SELECT unnest(generate_series(first_day, last_day, INTERVAL 1 DAY))::DATE AS day
    FROM span
    WHERE first_day IS NOT NULL
)
SELECT
    days.day,
    coalesce(sum(documents) FILTER (step = 'received'), 0)::BIGINT AS received,
    coalesce(sum(documents) FILTER (step = 'read'), 0)::BIGINT AS read,
    coalesce(sum(documents) FILTER (step = 'reviewed'), 0)::BIGINT AS reviewed,
    coalesce(sum(documents) FILTER (step = 'approved'), 0)::BIGINT AS approved,
    coalesce(sum(documents) FILTER (step = 'exported'), 0)::BIGINT AS exported
FROM days
LEFT JOIN steps USING (day)
GROUP BY days.day
ORDER BY days.day;

-- name: burn_up
-- Documents taken in, reviewed and exported up to the end of each day, from the very first day on.
WITH steps AS (
    SELECT step, day, count(*) AS documents
    FROM arrivals($units::VARCHAR[], $kinds::VARCHAR[])
    GROUP BY ALL
), days AS (
    SELECT unnest(generate_series(min(day), greatest(max(day), coalesce($until::DATE, max(day))),
        INTERVAL 1 DAY))::DATE AS day
    FROM steps
    HAVING min(day) IS NOT NULL
), per_day AS (
    SELECT
        days.day,
        coalesce(sum(documents) FILTER (step = 'received'), 0) AS received,
        coalesce(sum(documents) FILTER (step = 'reviewed'), 0) AS reviewed,
        coalesce(sum(documents) FILTER (step = 'exported'), 0) AS exported
    FROM days
    LEFT JOIN steps USING (day)
    GROUP BY days.day
), so_far AS (
    SELECT
        day,
        (sum(received) OVER past)::BIGINT AS received,
        (sum(reviewed) OVER past)::BIGINT AS reviewed,
        (sum(exported) OVER past)::BIGINT AS exported
    FROM per_day
    WINDOW past AS (ORDER BY day ROWS UNBOUNDED PRECEDING)
)
SELECT *
FROM so_far
WHERE ($since::DATE IS NULL OR day >= $since::DATE)
    AND ($until::DATE IS NULL OR day <= $until::DATE)
ORDER BY day;

-- name: progress_by_unit
-- Per unit: total, documents at each stretch of the way, share done, and both regimes.
SELECT
    d.unit,
    coalesce(any_value(u.name), d.unit) AS name,
    count(*) AS total,
    count(*) FILTER (is_done) AS exported,
    count(*) FILTER (stage IN ('approved', 'signed')) AS approved,
    count(*) FILTER (stage = 'reviewed') AS reviewed,
    count(*) FILTER (stage = 'proposed') AS proposed,
    count(*) FILTER (stage IN ('received', 'read')) AS received,
    count(*) FILTER (is_held) AS held,
    count(*) - count(*) FILTER (is_done) AS remaining,
    count(*) FILTER (is_done) / count(*) AS share,
    count(*) FILTER (regime = 'before') AS before_total,
    count(*) FILTER (regime = 'before' AND is_done) AS before_done,
    count(*) FILTER (regime = 'from') AS from_total,
    count(*) FILTER (regime = 'from' AND is_done) AS from_done
FROM chosen($units::VARCHAR[], $kinds::VARCHAR[], $since::DATE, $until::DATE) AS d
LEFT JOIN units AS u ON u.code = d.unit
WHERE stage <> 'rejected'
GROUP BY d.unit
ORDER BY total DESC, name;

-- name: progress_by_kind
-- Per kind of paper (none while it is not known): total, done, in work, held, share done, pages.
SELECT
    kind,
    count(*) AS total,
    count(*) FILTER (is_done) AS exported,
    count(*) FILTER (in_work) AS in_work,
    count(*) FILTER (is_held) AS held,
    count(*) FILTER (is_done) / count(*) AS share,
    sum(pages)::BIGINT AS pages
FROM chosen($units::VARCHAR[], $kinds::VARCHAR[], $since::DATE, $until::DATE)
WHERE stage <> 'rejected'
GROUP BY kind
ORDER BY total DESC, kind;

-- name: progress_by_regime
-- Papers issued before / from 01/7/2022 (none while the day is not read): total, done, share.
SELECT
    regime,
    count(*) AS total,
    count(*) FILTER (is_done) AS exported,
    count(*) FILTER (in_work) AS in_work,
    count(*) FILTER (is_held) AS held,
    count(*) FILTER (is_done) / count(*) AS share
FROM chosen($units::VARCHAR[], $kinds::VARCHAR[], $since::DATE, $until::DATE)
WHERE stage <> 'rejected'
GROUP BY regime
ORDER BY regime NULLS LAST;

-- name: held_by_reason
-- Why documents are held, at which stage, how many.
SELECT
    coalesce(reason, '') AS reason,
    held_at,
    count(*) AS documents
FROM chosen($units::VARCHAR[], $kinds::VARCHAR[], $since::DATE, $until::DATE)
WHERE is_held
GROUP BY ALL
ORDER BY documents DESC, reason;

-- name: engine_agreement
-- Per engine and field: readings, how many say the value that stands, and how many of the readings
-- are measured against a value a person vouched for (the rest against the proposal).
WITH counted AS (
    SELECT
        r.engine,
        r.field,
        count(*) AS readings,
        count(*) FILTER (agrees) AS agreeing,
        count(*) FILTER (settled) AS settled,
        count(*) FILTER (agrees AND settled) AS right_settled
    FROM field_readings AS r
    JOIN chosen($units::VARCHAR[], $kinds::VARCHAR[], $since::DATE, $until::DATE) AS d
        ON d.id = r.document
    GROUP BY ALL
)
SELECT
    engine::VARCHAR AS engine,
    kind_of_field(field::VARCHAR) AS field,
    sum(readings)::BIGINT AS readings,
    sum(agreeing)::BIGINT AS agreeing,
    sum(settled)::BIGINT AS settled,
    sum(right_settled)::BIGINT AS right_settled,
    sum(agreeing) / sum(readings) AS share
FROM counted
GROUP BY 1, 2
ORDER BY 1, 2;

-- name: corrections_by_field
-- Per field, in documents a person has reviewed: cases, and how many were typed, taken from another
-- engine, illegible, absent, or changed in any of these ways.
WITH reviewed AS (
    SELECT p.document, p.field, p.changed
    FROM proposals AS p
    JOIN chosen($units::VARCHAR[], $kinds::VARCHAR[], $since::DATE, $until::DATE) AS d
        ON d.id = p.document
    WHERE p.settled
), counted AS (
    SELECT
        r.field,
        count(*) AS cases,
        count(*) FILTER (c.act = 'edit' AND r.changed) AS edit,
        count(*) FILTER (c.act = 'candidate' AND r.changed) AS candidate,
        count(*) FILTER (c.act = 'illegible') AS illegible,
        count(*) FILTER (c.act = 'absent') AS absent
    FROM reviewed AS r
    LEFT JOIN corrections AS c ON c.document = r.document AND c.field = r.field AND c.stands
    GROUP BY r.field
)
SELECT
    kind_of_field(field::VARCHAR) AS field,
    sum(cases)::BIGINT AS cases,
    sum(edit)::BIGINT AS edit,
    sum(candidate)::BIGINT AS candidate,
    sum(illegible)::BIGINT AS illegible,
    sum(absent)::BIGINT AS absent,
    sum(edit + candidate + illegible + absent)::BIGINT AS corrected,
    sum(edit + candidate + illegible + absent) / sum(cases) AS share
FROM counted
GROUP BY 1
ORDER BY corrected DESC, cases DESC, 1;

-- name: accepted_unseen
-- Per field, in documents a person has reviewed: how many values the machine accepted by itself, and
-- how many of those a person changed all the same.
WITH counted AS (
    SELECT
        p.field,
        count(*) AS cases,
        count(*) FILTER (accepted) AS accepted,
        count(*) FILTER (accepted AND changed) AS changed
    FROM proposals AS p
    JOIN chosen($units::VARCHAR[], $kinds::VARCHAR[], $since::DATE, $until::DATE) AS d
        ON d.id = p.document
    WHERE settled
    GROUP BY p.field
)
SELECT
    kind_of_field(field::VARCHAR) AS field,
    sum(cases)::BIGINT AS cases,
    sum(accepted)::BIGINT AS accepted,
    sum(changed)::BIGINT AS changed,
    sum(accepted) / sum(cases) AS share_accepted,
    sum(changed) / nullif(sum(accepted), 0) AS share_changed
FROM counted
GROUP BY 1
ORDER BY changed DESC, accepted DESC, 1;

-- name: review_effort
-- One row: median active seconds a reviewed document and a flagged field, with their cases.
WITH selected AS (
    SELECT id
    FROM chosen($units::VARCHAR[], $kinds::VARCHAR[], $since::DATE, $until::DATE)
), sittings AS (
    SELECT r.document, sum(r.milliseconds) / 1000 AS seconds
    FROM reviews AS r
    JOIN selected ON selected.id = r.document
    WHERE r.duty = 'review'
    GROUP BY r.document
), flagged AS (
    SELECT c.document, c.field, sum(c.milliseconds) / 1000 AS seconds, sum(c.keys) AS keys
    FROM corrections AS c
    JOIN selected ON selected.id = c.document
    JOIN proposals AS p ON p.document = c.document AND p.field = c.field
    WHERE p.flagged
    GROUP BY ALL
)
SELECT
    (SELECT count(*) FROM sittings WHERE seconds > 0) AS documents,
    (SELECT median(seconds) FROM sittings WHERE seconds > 0) AS seconds_a_document,
    (SELECT count(*) FROM flagged WHERE seconds > 0) AS fields,
    (SELECT median(seconds) FROM flagged WHERE seconds > 0) AS seconds_a_field,
    (SELECT avg(keys) FROM flagged) AS keys_a_field;

-- name: engine_cost
-- Per engine: pages read, pages that failed, CPU seconds a page (mean, median, 95th percentile).
SELECT
    engine,
    count(*) FILTER (NOT failed) AS pages,
    count(*) FILTER (failed) AS failed,
    avg(r.cpu_seconds) FILTER (NOT failed) AS mean_seconds,
    median(r.cpu_seconds) FILTER (NOT failed) AS median_seconds,
    quantile_cont(r.cpu_seconds, 0.95) FILTER (NOT failed) AS p95_seconds
FROM readings AS r
JOIN chosen($units::VARCHAR[], $kinds::VARCHAR[], $since::DATE, $until::DATE) AS d
    ON d.id = r.document
GROUP BY engine
ORDER BY engine;

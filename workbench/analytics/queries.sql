-- Every question of the managers' pages, over the tables of the event lake. A question is a name, what it answers, and one statement.
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

-- name: chosen
-- The documents that units, kinds and period select, with where they stand in plain classes.
CREATE MACRO chosen(units, kinds, since, until) AS TABLE
SELECT
    *,
    stage = 'exported' AS is_done,
    stage = 'held' AS is_held,
    stage NOT IN ('exported', 'held', 'rejected') AS in_work
FROM documents
WHERE (units IS NULL OR list_contains(units, unit))
    AND (kinds IS NULL OR list_contains(kinds, coalesce(kind, '')))
    AND (since IS NULL OR day >= since)
    AND (until IS NULL OR day <= until);

-- name: arrivals
-- How many documents came to each stage for the first time on each day: one that is sent back counts
-- once.
CREATE MACRO arrivals(units, kinds) AS TABLE
WITH steps AS (
    SELECT
        unnest(['received', 'read', 'reviewed', 'approved', 'exported']) AS step,
        unnest([day, read_on, reviewed_on, approved_on, exported_on]) AS day
    FROM chosen(units, kinds, NULL::DATE, NULL::DATE)
)
SELECT step, day, count(*) AS documents
FROM steps
WHERE day IS NOT NULL
GROUP BY ALL;

-- name: in_cells
-- The months that lie within the period and are told whole by the roll-ups.
CREATE MACRO in_cells(since, until) AS TABLE
SELECT month
FROM months
WHERE NOT is_open
    AND (since IS NULL OR strptime(month, '%Y-%m')::DATE >= since)
    AND (until IS NULL OR last_day(strptime(month, '%Y-%m')::DATE) <= until);

-- name: beside_cells
-- The chosen documents that the roll-ups do not tell: something came since, or only a part of their
-- month is asked for.
CREATE MACRO beside_cells(units, kinds, since, until) AS TABLE
SELECT *
FROM chosen(units, kinds, since, until)
WHERE month NOT IN (FROM in_cells(since, until));

-- name: field_cells
-- What became of the proposals in documents that a person has vouched for: sums to be summed, per
-- unit, kind, template and kind of field.
CREATE MACRO field_cells(units, kinds, since, until) AS TABLE
SELECT * EXCLUDE (month)
FROM kept_field_cells
WHERE (units IS NULL OR list_contains(units, unit))
    AND (kinds IS NULL OR list_contains(kinds, coalesce(kind, '')))
    AND month IN (FROM in_cells(since, until))
UNION ALL BY NAME
SELECT
    d.unit,
    d.kind,
    f.template,
    f.field_kind,
    count(*) AS cases,
    count(*) FILTER (f.accepted) AS accepted,
    count(*) FILTER (f.flagged) AS flagged,
    count(*) FILTER (f.changed) AS changed,
    count(*) FILTER (f.accepted AND f.changed) AS accepted_changed,
    count(*) FILTER (f.late) AS late,
    count(*) FILTER (f.act = 'edit' AND f.changed) AS edit,
    count(*) FILTER (f.act = 'candidate' AND f.changed) AS candidate,
    count(*) FILTER (f.act = 'illegible') AS illegible,
    count(*) FILTER (f.act = 'absent') AS absent,
    sum(f.keys)::BIGINT AS keys,
    sum(f.milliseconds)::BIGINT AS milliseconds
FROM fields AS f
JOIN beside_cells(units, kinds, since, until) AS d ON d.document = f.document
WHERE d.settled
GROUP BY ALL;

-- name: scan_cells
-- How papers came out of each scanner: sums to be summed, per unit, kind, scanner and level of scan.
CREATE MACRO scan_cells(units, kinds, since, until) AS TABLE
SELECT * EXCLUDE (month)
FROM kept_scan_cells
WHERE (units IS NULL OR list_contains(units, unit))
    AND (kinds IS NULL OR list_contains(kinds, coalesce(kind, '')))
    AND month IN (FROM in_cells(since, until))
UNION ALL BY NAME
SELECT
    d.unit,
    d.kind,
    d.scanner,
    d.scan_level,
    count(DISTINCT d.document) AS papers,
    count(*) AS cases,
    count(*) FILTER (f.changed) AS changed,
    count(*) FILTER (f.flagged) AS flagged,
    sum(f.milliseconds)::BIGINT AS milliseconds
FROM fields AS f
JOIN beside_cells(units, kinds, since, until) AS d ON d.document = f.document
WHERE d.settled AND d.origin = 'scan'
GROUP BY ALL;

-- name: engine_cells
-- What engines said: sums to be summed, per unit, kind, template, scan, engine, version and kind of
-- field.
CREATE MACRO engine_cells(units, kinds, since, until) AS TABLE
SELECT * EXCLUDE (month)
FROM kept_engine_cells
WHERE (units IS NULL OR list_contains(units, unit))
    AND (kinds IS NULL OR list_contains(kinds, coalesce(kind, '')))
    AND month IN (FROM in_cells(since, until))
UNION ALL BY NAME
SELECT
    d.unit,
    d.kind,
    d.template,
    d.scan_level,
    c.engine,
    c.version,
    c.field_kind,
    count(*) AS readings,
    count(*) FILTER (c.agrees) AS agreeing,
    count(*) FILTER (d.settled) AS settled,
    count(*) FILTER (c.agrees AND d.settled) AS right_settled
FROM candidates AS c
JOIN beside_cells(units, kinds, since, until) AS d ON d.document = c.document
GROUP BY ALL;

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
    (SELECT min(day) FROM documents) AS first_day,
    (SELECT local_day(max(moment)) FROM (
        SELECT max(changed_at) AS moment FROM documents
        UNION ALL
        SELECT max("at") FROM moves
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
    FROM arrivals($units::VARCHAR[], $kinds::VARCHAR[])
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
    FROM arrivals($units::VARCHAR[], $kinds::VARCHAR[])
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
SELECT
    engine,
    field_kind AS field,
    sum(readings)::BIGINT AS readings,
    sum(agreeing)::BIGINT AS agreeing,
    sum(settled)::BIGINT AS settled,
    sum(right_settled)::BIGINT AS right_settled,
    sum(agreeing) / sum(readings) AS share
FROM engine_cells($units::VARCHAR[], $kinds::VARCHAR[], $since::DATE, $until::DATE)
GROUP BY ALL
ORDER BY 1, 2;

-- name: corrections_by_field
-- Per field, in documents a person has reviewed: cases, and how many were typed, taken from another
-- engine, illegible, absent, or changed in any of these ways.
SELECT
    field_kind AS field,
    sum(cases)::BIGINT AS cases,
    sum(edit)::BIGINT AS edit,
    sum(candidate)::BIGINT AS candidate,
    sum(illegible)::BIGINT AS illegible,
    sum(absent)::BIGINT AS absent,
    sum(edit + candidate + illegible + absent)::BIGINT AS corrected,
    sum(edit + candidate + illegible + absent) / sum(cases) AS share
FROM field_cells($units::VARCHAR[], $kinds::VARCHAR[], $since::DATE, $until::DATE)
GROUP BY ALL
ORDER BY corrected DESC, cases DESC, 1;

-- name: accepted_unseen
-- Per field, in documents a person has reviewed: how many values the machine accepted by itself, and
-- how many of those a person changed all the same.
SELECT
    field_kind AS field,
    sum(cases)::BIGINT AS cases,
    sum(accepted)::BIGINT AS accepted,
    sum(accepted_changed)::BIGINT AS changed,
    sum(accepted) / sum(cases) AS share_accepted,
    sum(accepted_changed) / nullif(sum(accepted), 0) AS share_changed
FROM field_cells($units::VARCHAR[], $kinds::VARCHAR[], $since::DATE, $until::DATE)
GROUP BY ALL
ORDER BY changed DESC, accepted DESC, 1;

-- name: review_effort
-- One row: median active seconds a reviewed document and a flagged field, with their cases.
WITH selected AS (
    SELECT document
    FROM chosen($units::VARCHAR[], $kinds::VARCHAR[], $since::DATE, $until::DATE)
), sittings AS (
    SELECT r.document, sum(r.milliseconds) / 1000 AS seconds
    FROM decisions AS r
    JOIN selected USING (document)
    WHERE r.duty = 'review'
    GROUP BY r.document
), flagged AS (
    SELECT f.milliseconds / 1000 AS seconds, f.keys
    FROM fields AS f
    JOIN selected USING (document)
    WHERE f.flagged AND f.acts > 0
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
    ON d.document = r.document
GROUP BY engine
ORDER BY engine;

-- name: events_in_all
-- One row: how many documents the lake knows, and how many things that happened to them.
SELECT
    (SELECT count(*) FROM documents) AS documents,
    (SELECT count(*) FROM moves) + (SELECT count(*) FROM readings) + (SELECT count(*) FROM fields)
        + (SELECT count(*) FROM candidates) + (SELECT count(*) FROM acts)
        + (SELECT count(*) FROM looks)
        + (SELECT count(*) FROM decisions) + (SELECT count(*) FROM signatures)
        + (SELECT count(*) FROM receipts) AS events;

-- ================================================================================================
-- Progress against the survey, forecast, work and reports.

-- name: progress_cells
-- Documents per unit, kind, regime and stage: sums to be summed, set against the survey.
SELECT unit, kind, regime, stage, count(*) AS documents
FROM chosen($units::VARCHAR[], $kinds::VARCHAR[], $since::DATE, $until::DATE)
GROUP BY ALL
ORDER BY ALL;

-- name: report_cells
-- Per unit, kind and regime, as it stood on the evening of $until: documents taken in, exported and
-- checked by a person up to then, and taken in and exported since $since.
SELECT
    unit,
    kind,
    regime,
    count(*) AS taken_in,
    count(*) FILTER (exported_on <= $until::DATE) AS done,
    count(*) FILTER (reviewed_on <= $until::DATE) AS cleaned,
    count(*) FILTER (day >= $since::DATE) AS taken_in_period,
    count(*) FILTER (exported_on BETWEEN $since::DATE AND $until::DATE) AS done_in_period
FROM chosen($units::VARCHAR[], NULL::VARCHAR[], NULL::DATE, $until::DATE)
WHERE stage <> 'rejected'
GROUP BY ALL
ORDER BY ALL;

-- name: done_per_day
-- Documents of each unit that were exported on each day; days without any are left out.
SELECT unit, exported_on AS day, count(*) AS documents
FROM chosen($units::VARCHAR[], $kinds::VARCHAR[], NULL::DATE, NULL::DATE)
WHERE exported_on IS NOT NULL
GROUP BY ALL
ORDER BY ALL;

-- name: backlog_age
-- How long the documents that wait have waited at their stage, on $today: per stage, how many up to
-- a day, a week, a month, three months, and longer.
WITH aged AS (
    SELECT stage, $today::DATE - local_day(changed_at) AS days
    FROM chosen($units::VARCHAR[], $kinds::VARCHAR[], $since::DATE, $until::DATE)
    WHERE is_held OR in_work
)
SELECT
    stage,
    count(*) AS documents,
    count(*) FILTER (days <= 1) AS up_to_1,
    count(*) FILTER (days BETWEEN 2 AND 7) AS up_to_7,
    count(*) FILTER (days BETWEEN 8 AND 30) AS up_to_30,
    count(*) FILTER (days BETWEEN 31 AND 90) AS up_to_90,
    count(*) FILTER (days > 90) AS longer,
    max(days) AS oldest_days
FROM aged
GROUP BY stage
ORDER BY stage;

-- name: flow_of_week
-- Per stage, in the seven days that end with $today: documents that came, that left, the median hours
-- that those which left had waited; and how many wait there now. The bottleneck is where the
-- waiting would take longest to clear.
WITH selected AS (
    SELECT document, stage, in_work, is_held
    FROM chosen($units::VARCHAR[], $kinds::VARCHAR[], NULL::DATE, NULL::DATE)
), week AS (
    SELECT m.after AS stage, m.at, m.left_at
    FROM moves AS m
    JOIN selected USING (document)
    WHERE m.after NOT IN ('exported', 'rejected')
        AND (m."at" >= $today::DATE - 8 OR m.left_at >= $today::DATE - 8)
        AND (local_day(m.left_at) BETWEEN $today::DATE - 6 AND $today::DATE
            OR m.day BETWEEN $today::DATE - 6 AND $today::DATE)
), moved AS (
    SELECT
        stage,
        count(*) FILTER (local_day("at") BETWEEN $today::DATE - 6 AND $today::DATE) AS came,
        count(*) FILTER (local_day(left_at) BETWEEN $today::DATE - 6 AND $today::DATE) AS gone,
        median(date_diff('minute', "at", left_at) / 60)
            FILTER (local_day(left_at) BETWEEN $today::DATE - 6 AND $today::DATE) AS hours
    FROM week
    GROUP BY stage
), waiting AS (
    SELECT stage, count(*) AS waiting
    FROM selected
    WHERE in_work OR is_held
    GROUP BY stage
)
SELECT
    stage,
    coalesce(came, 0) AS came,
    coalesce(gone, 0) AS gone,
    hours,
    coalesce(waiting, 0) AS waiting,
    waiting / nullif(gone, 0) AS weeks_to_clear
FROM waiting
FULL JOIN moved USING (stage)
ORDER BY stage;

-- name: batches
-- Per batch: its unit, the day it was taken in, and how far its documents are; newest first.
SELECT
    batch,
    unit,
    min(day) AS day,
    count(*) AS total,
    count(*) FILTER (is_done) AS exported,
    count(*) FILTER (in_work) AS in_work,
    count(*) FILTER (is_held) AS held,
    count(*) FILTER (is_done) / count(*) AS share
FROM chosen($units::VARCHAR[], $kinds::VARCHAR[], $since::DATE, $until::DATE)
WHERE stage <> 'rejected'
GROUP BY batch, unit
ORDER BY day DESC, batch
LIMIT 500;

-- name: documents_behind
-- The documents that a figure counts, by their ids, those that wait longest first; with how many they
-- are in all. Beside the common parameters: $stages, $regimes ('' is: not known), $batch, $reason.
SELECT id, unit, kind, regime, stage, batch, number, day, changed_at, count(*) OVER () AS found
FROM chosen($units::VARCHAR[], $kinds::VARCHAR[], $since::DATE, $until::DATE)
WHERE ($stages::VARCHAR[] IS NULL OR list_contains($stages::VARCHAR[], stage))
    AND ($regimes::VARCHAR[] IS NULL OR list_contains($regimes::VARCHAR[], coalesce(regime, '')))
    AND ($batch::VARCHAR IS NULL OR batch = $batch::VARCHAR)
    AND ($reason::VARCHAR IS NULL OR coalesce(reason, '') = $reason::VARCHAR)
ORDER BY changed_at, id
LIMIT coalesce($most::BIGINT, 25)
OFFSET coalesce($skipped::BIGINT, 0);

-- name: right_at_first
-- Per unit, kind, template version and field, in documents a person has vouched for: fields, how many
-- of them stood as proposed, and what mending them took. Sums to be summed.
SELECT
    c.unit,
    c.kind,
    t.version AS template_version,
    c.field_kind AS field,
    sum(c.cases)::BIGINT AS cases,
    sum(c.cases - c.changed)::BIGINT AS right_first,
    sum(c.changed)::BIGINT AS changed,
    sum(c.flagged)::BIGINT AS flagged,
    sum(c.keys)::BIGINT AS keys,
    sum(c.milliseconds) / 1000 AS spent_seconds
FROM field_cells($units::VARCHAR[], $kinds::VARCHAR[], $since::DATE, $until::DATE) AS c
LEFT JOIN templates AS t ON t.digest = c.template
GROUP BY ALL
ORDER BY ALL;

-- name: scanners_right
-- Per scanner (none where the file names none), in scanned papers a person has vouched for: papers,
-- how many of them are poor scans, fields, how many of them stood as proposed, seconds of mending.
SELECT
    scanner,
    sum(papers)::BIGINT AS papers,
    coalesce(sum(papers) FILTER (scan_level = 'poor'), 0)::BIGINT AS poor,
    sum(cases)::BIGINT AS cases,
    sum(cases - changed)::BIGINT AS right_first,
    sum(cases - changed) / sum(cases) AS share,
    sum(milliseconds) / 1000 / sum(papers) AS seconds_a_paper
FROM scan_cells($units::VARCHAR[], $kinds::VARCHAR[], $since::DATE, $until::DATE)
GROUP BY scanner
ORDER BY scanner NULLS LAST;

-- name: engines_right
-- Per engine, its version and the quality of the scan: readings of fields a person has vouched for,
-- and how many of them say what stands.
SELECT
    engine,
    version,
    scan_level,
    sum(settled)::BIGINT AS settled,
    sum(right_settled)::BIGINT AS right_settled,
    sum(right_settled) / nullif(sum(settled), 0) AS share
FROM engine_cells($units::VARCHAR[], $kinds::VARCHAR[], $since::DATE, $until::DATE)
GROUP BY ALL
HAVING sum(settled) > 0
ORDER BY ALL;

-- name: work_by_unit
-- Per unit, of reviews that ended in the period: documents, active minutes, and the median seconds of
-- a document.
WITH sittings AS (
    SELECT d.unit, r.document, sum(r.milliseconds) / 1000 AS seconds
    FROM decisions AS r
    JOIN chosen($units::VARCHAR[], $kinds::VARCHAR[], NULL::DATE, NULL::DATE) AS d
        ON d.document = r.document
    WHERE r.duty = 'review'
        AND ($since::DATE IS NULL OR r.day >= $since::DATE)
        AND ($until::DATE IS NULL OR r.day <= $until::DATE)
    GROUP BY ALL
)
SELECT
    unit,
    count(*) AS documents,
    sum(seconds) / 60 AS minutes,
    median(seconds) FILTER (seconds > 0) AS median_seconds
FROM sittings
GROUP BY unit
ORDER BY unit;

-- name: looking_by_unit
-- Per unit, of fields looked at in the period: how many, the median seconds to the first key and to the
-- end, the shares that were taken from the first candidate, from another one, or typed, how often
-- the whole page was opened; and the median seconds from a decision to the next paper in view.
SELECT
    d.unit,
    count(*) FILTER (l.field_kind IS NOT NULL) AS looks,
    median(l.first_key) FILTER (l.field_kind IS NOT NULL) / 1000 AS first_key_seconds,
    median(l.committed) FILTER (l.field_kind IS NOT NULL) / 1000 AS committed_seconds,
    avg((l.chosen = 0)::INTEGER) FILTER (l.field_kind IS NOT NULL) AS share_first,
    avg((l.chosen > 0)::INTEGER) FILTER (l.field_kind IS NOT NULL) AS share_other,
    avg(l.typed::INTEGER) FILTER (l.field_kind IS NOT NULL) AS share_typed,
    avg((l.context > 0)::INTEGER) FILTER (l.field_kind IS NOT NULL) AS share_context,
    median(l.latency) FILTER (l.field_kind IS NULL) / 1000 AS latency_seconds
FROM looks AS l
JOIN chosen($units::VARCHAR[], $kinds::VARCHAR[], NULL::DATE, NULL::DATE) AS d
    ON d.document = l.document
WHERE ($since::DATE IS NULL OR l.day >= $since::DATE)
    AND ($until::DATE IS NULL OR l.day <= $until::DATE)
GROUP BY d.unit
HAVING count(*) > 0
ORDER BY d.unit;

-- name: mending_by_unit
-- Per unit, in documents a person has vouched for: documents, fields that a person had to look at,
-- the mean active seconds of such a field, and keys pressed.
SELECT
    unit,
    sum(cases)::BIGINT AS cases,
    sum(flagged)::BIGINT AS flagged,
    sum(milliseconds) / 1000 / nullif(sum(flagged), 0) AS mean_seconds,
    sum(keys)::BIGINT AS keys
FROM field_cells($units::VARCHAR[], $kinds::VARCHAR[], $since::DATE, $until::DATE)
GROUP BY unit
ORDER BY unit;

-- name: work_of_one
-- One row: what the person with this pseudonym did in the period: reviews, active minutes, median
-- seconds a document, acts on fields, keys, median seconds of an act. Never asked for several.
WITH mine AS (
    SELECT document, sum(milliseconds) / 1000 AS seconds
    FROM decisions
    WHERE who = $who AND duty = 'review'
        AND ($since::DATE IS NULL OR day >= $since::DATE)
        AND ($until::DATE IS NULL OR day <= $until::DATE)
    GROUP BY document
), deeds AS (
    SELECT keys, milliseconds / 1000 AS seconds
    FROM acts
    WHERE who = $who
        AND ($since::DATE IS NULL OR day >= $since::DATE)
        AND ($until::DATE IS NULL OR day <= $until::DATE)
)
SELECT
    (SELECT count(*) FROM mine) AS documents,
    (SELECT coalesce(sum(seconds), 0) / 60 FROM mine) AS minutes,
    (SELECT median(seconds) FROM mine WHERE seconds > 0) AS seconds_a_document,
    (SELECT count(*) FROM deeds) AS fields,
    (SELECT median(seconds) FROM deeds WHERE seconds > 0) AS seconds_a_field,
    (SELECT coalesce(sum(keys), 0) FROM deeds)::BIGINT AS keys;

-- name: confidence_bands
-- Settled fields by the probability the machine gave them and whether it accepted them: how many, how
-- many of them a person changed, and the seconds people spent on them. What another threshold
-- would accept is told from here. A band of 0.95 holds from 0.95 to under 0.96.
SELECT
    floor(f.probability * 100) / 100 AS band,
    f.accepted,
    count(*) AS fields,
    count(*) FILTER (f.changed) AS changed,
    count(*) FILTER (f.findings > 0) AS doubted,
    sum(f.milliseconds) / 1000 AS spent_seconds
FROM fields AS f
JOIN chosen($units::VARCHAR[], $kinds::VARCHAR[], $since::DATE, $until::DATE) AS d
    ON d.document = f.document
WHERE d.settled
GROUP BY ALL
ORDER BY ALL;

-- name: settled_sample
-- Ids of settled documents to replay, evenly drawn by their numbers: the same for the same choice.
SELECT id
FROM chosen($units::VARCHAR[], $kinds::VARCHAR[], $since::DATE, $until::DATE)
WHERE settled
ORDER BY hash(document), document
LIMIT coalesce($most::BIGINT, 200);

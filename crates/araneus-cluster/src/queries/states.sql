SELECT
    source,
    key,
    run,
    count(*) AS total,
    sum(CASE WHEN state = 'object' THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END) AS objects,
    sum(CASE WHEN state = 'withdrawn' THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END) AS withdrawals
FROM ({rows}) AS archived
GROUP BY source, key, run

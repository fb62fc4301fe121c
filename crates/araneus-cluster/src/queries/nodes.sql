SELECT id, CAST({offset} AS BIGINT) + CAST(place AS BIGINT) - 1 AS node
FROM (
    SELECT id, bucket, row_number() OVER (PARTITION BY bucket ORDER BY id) AS place
    FROM (SELECT id, {bucket} AS bucket FROM ids) AS b
) AS placed

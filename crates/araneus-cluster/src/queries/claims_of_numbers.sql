SELECT CAST("{from}" AS BIGINT) AS source, CAST("{to}" AS BIGINT) AS target, {weight} AS weight
FROM input
{condition}

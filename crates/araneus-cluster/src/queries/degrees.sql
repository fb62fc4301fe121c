SELECT
    node,
    sum(CASE WHEN other = node THEN CAST(2 AS BIGINT) ELSE CAST(1 AS BIGINT) END) AS degree,
    count(*) AS neighbours,
    sum(outgoing) AS out_degree,
    sum(incoming) AS in_degree,
    sum(weight) AS strength
FROM neighbours
GROUP BY node

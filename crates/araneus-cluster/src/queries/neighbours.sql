SELECT node, other, sum(outgoing) AS outgoing, sum(incoming) AS incoming, sum(weight) AS weight
FROM (
    SELECT source AS node, target AS other, CAST(1 AS BIGINT) AS outgoing, CAST(0 AS BIGINT) AS incoming, weight
    FROM links
    UNION ALL
    SELECT target AS node, source AS other, CAST(0 AS BIGINT) AS outgoing, CAST(1 AS BIGINT) AS incoming, weight
    FROM links
) AS ends
GROUP BY node, other

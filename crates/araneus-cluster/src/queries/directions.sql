SELECT node, sum(outgoing) AS outgoing, sum(incoming) AS incoming
FROM (
    SELECT source AS node, CAST(1 AS BIGINT) AS outgoing, CAST(0 AS BIGINT) AS incoming FROM edges
    UNION ALL
    SELECT target AS node, CAST(0 AS BIGINT) AS outgoing, CAST(1 AS BIGINT) AS incoming FROM edges
) AS ends
GROUP BY node

SELECT
    r.node AS node,
    {base} + (coalesce(s.received, 0) / 100) * {damping} + ((coalesce(s.received, 0) % 100) * {damping}) / 100 AS rank,
    r.links AS links
FROM ranks AS r
LEFT JOIN (
    SELECT e."{target}" AS node, sum(q.share) AS received
    FROM edges AS e
    JOIN (SELECT node, rank / links AS share FROM ranks WHERE links > 0) AS q ON e."{source}" = q.node
    GROUP BY e."{target}"
) AS s ON r.node = s.node

SELECT d.node AS node, coalesce(c.component, d.node) AS component
FROM degrees AS d
LEFT JOIN (
    SELECT r.node AS node, l.component AS component
    FROM result AS r
    JOIN (SELECT parent, min(node) AS component FROM result GROUP BY parent) AS l ON r.parent = l.parent
) AS c ON d.node = c.node

SELECT a.node AS node, c.parent AS parent
FROM parents AS a
JOIN parents AS b ON a.parent = b.node
JOIN parents AS c ON b.parent = c.node

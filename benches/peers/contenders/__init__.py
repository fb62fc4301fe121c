"""The peers that are measured in Python: a file for each, with `load(graph, threads)` and a table `KERNELS`.

`load` makes the peer's own graph from arrays. A kernel takes what `load`
returned and gives two functions: the call to be timed, and one that turns
its result into an array, one f64 a vertex. `BUILD`, where there is one, takes the
arrays and gives the same two functions for building a graph. `NOTES` says of a
kernel what a reader of the table must know.
"""

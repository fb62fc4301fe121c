def write(out, rows, bench, seconds):
    pass

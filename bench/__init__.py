"""Side-by-side benchmarks: ratios within one run, never absolute promises."""

"""The library on arrays: lsmooth.smooth and lsmooth.cross_entropy."""

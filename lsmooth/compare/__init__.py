"""Which framework computes what: conventions told from targets, and from losses."""

//! What should run: the catalog, read from its source, cached, and never lost.

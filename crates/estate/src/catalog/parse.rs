//! From the catalog's answer to datasets.

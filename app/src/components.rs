//! One file a component.

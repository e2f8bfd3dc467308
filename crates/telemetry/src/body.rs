//! JSON bodies of requests: bounded while they are read, field by field after that.

pub(crate) mod fields;
pub(crate) mod moment;
pub(crate) mod tree;

/// Characters of a name, of an agent, model, tool and the like.
pub(crate) const MAX_NAME_CHARS: usize = 255;

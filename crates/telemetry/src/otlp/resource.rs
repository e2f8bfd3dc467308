//! Resources, and the agents that they are.

use super::reader::{Reader, Stop};
use super::wire::Fields;
use model::telemetry::{AgentId, AgentIdentity, AgentName, Attribute, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// What names an agent, the first that says something first.
const NAMES: [&str; 2] = ["gen_ai.agent.name", "agent.name"];
const SERVICE: &str = "service.name";
/// What an agent is called that does not say, as SDKs call it.
const NAMELESS: &str = "unknown_service";
const ID: &str = "gen_ai.agent.id";

/// For so many records of a scope there is room from the beginning: that they come is not sure.
const RESERVED: usize = 1_024;

/// Metadata that pages filter by, with the attributes that say it, the first one first.
const FILTERS: [(&str, &[&str]); 4] = [
    ("environment", &["deployment.environment.name", "deployment.environment", "environment"]),
    ("team", &["team", "team.name", "service.team", "service.owner"]),
    ("type", &["agent.type", "gen_ai.agent.type", "type"]),
    ("version", &["gen_ai.agent.version", "service.version", "version"]),
];

/// The agents of one resource: its own, and those that records of it name.
pub(super) struct Resource {
    own: Arc<AgentIdentity>,
    metadata_bytes: usize,
    named: HashMap<String, Arc<AgentIdentity>>,
}

/// Walks a message down to its records: resources, in them scopes, in them what `read` takes.
/// Traces, metrics and logs have these levels and field numbers in common.
pub(super) fn walk<T>(
    reader: &mut Reader,
    message: &[u8],
    to: &mut Vec<T>,
    read: impl Fn(&mut Reader, &mut Resource, &[u8], &mut Vec<T>) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let mut groups = Fields::new(message);
    while let Some((number, group)) = groups.next()? {
        if number != 1 {
            continue;
        }
        let fields = Fields::new(group.bytes()?);
        let mut resource = Resource::read(reader, fields)?;
        let mut scopes = fields;
        while let Some((number, scope)) = scopes.next()? {
            if number != 2 {
                continue;
            }
            let mut records = Fields::new(scope.bytes()?);
            to.reserve(records.count(2).min(RESERVED));
            while let Some((number, record)) = records.next()? {
                if number == 2 {
                    read(reader, &mut resource, record.bytes()?, to)?;
                }
            }
        }
    }
    Ok(())
}

impl Resource {
    fn read(reader: &mut Reader, mut fields: Fields<'_>) -> Result<Self, Stop> {
        let before = reader.bytes_left();
        let mut attributes = Vec::new();
        while let Some((number, field)) = fields.next()? {
            if number != 1 {
                continue;
            }
            let mut fields = Fields::new(field.bytes()?);
            while let Some((number, field)) = fields.next()? {
                if number == 1 {
                    reader.attribute(&mut attributes, field.bytes()?)?;
                }
            }
        }
        let metadata_bytes = before - reader.bytes_left();
        let name = named(&attributes).or_else(|| text(&attributes, SERVICE)).unwrap_or(NAMELESS).to_owned();
        let id = id(&attributes);
        let metadata = metadata(attributes);
        let own = Arc::new(AgentIdentity { name: AgentName::new(name), id, metadata });
        Ok(Self { own, metadata_bytes, named: HashMap::new() })
    }

    /// The agent of a record with these attributes: the one it names itself, else the resource's.
    pub(super) fn agent_of(
        &mut self,
        reader: &mut Reader,
        attributes: &[Attribute],
    ) -> Result<Arc<AgentIdentity>, Stop> {
        let Some(name) = named(attributes).filter(|name| *name != self.own.name.as_str()) else {
            return Ok(Arc::clone(&self.own));
        };
        if let Some(agent) = self.named.get(name) {
            return Ok(Arc::clone(agent));
        }
        reader.charge(self.metadata_bytes + name.len())?;
        let agent = Arc::new(AgentIdentity {
            name: AgentName::new(name),
            id: id(attributes),
            metadata: self.own.metadata.clone(),
        });
        self.named.insert(name.to_owned(), Arc::clone(&agent));
        Ok(agent)
    }
}

fn named(attributes: &[Attribute]) -> Option<&str> {
    NAMES.iter().find_map(|name| text(attributes, name))
}

fn text<'a>(attributes: &'a [Attribute], key: &str) -> Option<&'a str> {
    attributes.iter().find_map(|attribute| match &attribute.value {
        Value::Text(text) if attribute.key == key && !text.is_empty() => Some(text.as_str()),
        _ => None,
    })
}

fn id(attributes: &[Attribute]) -> Option<AgentId> {
    text(attributes, ID).and_then(|id| AgentId::parse(id).ok())
}

fn metadata(mut attributes: Vec<Attribute>) -> Vec<Attribute> {
    for (name, sources) in FILTERS {
        let source = sources.iter().find_map(|source| attributes.iter().position(|sent| sent.key == *source));
        if let Some(source) = source {
            attributes[source].key = name.into();
        }
    }
    attributes
}

//! Reading: nodes by their fields, edges by pages, each inside the other.

use serde_json::{Map, Value, json};

use super::{
    GraphError,
    fields::{self, Field},
    nodes,
    paging::{self, Place},
};
use crate::world::{Caller, NodeKind, World};

/// Who reads, in which world, through which address.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) world: &'a World,
    pub(crate) caller: &'a Caller,
    /// `http://127.0.0.1:4000/v25.0`, for the links of paging.
    pub(crate) address: &'a str,
    /// Meta repeats the token in those links.
    pub(crate) token: &'a str,
}

/// What a name on a node stands for.
pub(crate) enum Answer {
    /// Unset values are null here and left out of the answer.
    Value(Value),
    Node(NodeKind, String),
    Edge(Edge),
}

pub(crate) struct Edge {
    pub(crate) items: Vec<Item>,
    pub(crate) defaults: &'static str,
}

pub(crate) enum Item {
    Node(NodeKind, String),
    /// Something without an id of its own, under the key that cursors use.
    Value(String, Value),
}

impl Item {
    fn key(&self) -> String {
        match self {
            Self::Node(_, id) => id.clone(),
            Self::Value(key, _) => key.clone(),
        }
    }
}

/// What a list call asks for.
pub(crate) struct Slice<'a> {
    pub(crate) fields: Option<&'a str>,
    pub(crate) limit: Option<usize>,
    pub(crate) from: Place<'a>,
}

impl View<'_> {
    pub(crate) fn node(&self, kind: NodeKind, id: &str, fields: Option<&str>) -> Result<Value, GraphError> {
        let wanted = match fields {
            Some(text) => fields::parse(text)?,
            None => fields::defaults(nodes::default_fields(kind)),
        };
        self.node_with(kind, id, &wanted)
    }

    fn node_with(&self, kind: NodeKind, id: &str, wanted: &[Field]) -> Result<Value, GraphError> {
        let mut object = Map::new();
        for field in wanted {
            let answer = nodes::answer(self, kind, id, &field.name)?
                .ok_or_else(|| GraphError::unknown_field(&field.name, kind.graph_name()))?;
            let value = match answer {
                Answer::Value(value) => narrowed(value, &field.children),
                Answer::Node(kind, id) if field.children.is_empty() => {
                    self.node_with(kind, &id, &fields::defaults(nodes::default_fields(kind)))?
                }
                Answer::Node(kind, id) => self.node_with(kind, &id, &field.children)?,
                Answer::Edge(edge) => {
                    let children = (!field.children.is_empty()).then_some(field.children.as_slice());
                    let from = field.after.as_deref().map_or(Place::Start, Place::After);
                    self.page(id, &field.name, edge, children, field.limit, from, &[])?
                }
            };
            if !value.is_null() {
                object.insert(field.name.clone(), value);
            }
        }
        object.insert("id".to_owned(), json!(id));
        Ok(Value::Object(object))
    }

    /// `GET /{id}/{edge}`.
    pub(crate) fn edge(&self, kind: NodeKind, id: &str, name: &str, slice: &Slice<'_>) -> Result<Value, GraphError> {
        let unknown = || GraphError::unknown_field(name, kind.graph_name());
        let wanted = slice.fields.map(fields::parse).transpose()?;
        match nodes::answer(self, kind, id, name)?.ok_or_else(unknown)? {
            Answer::Edge(edge) => {
                let kept: Vec<(&str, &str)> = slice.fields.map(|text| ("fields", text)).into_iter().collect();
                self.page(id, name, edge, wanted.as_deref(), slice.limit, slice.from, &kept)
            }
            // A few objects hang at an edge's address.
            Answer::Value(value @ Value::Object(_)) => Ok(narrowed(value, wanted.as_deref().unwrap_or_default())),
            Answer::Value(_) | Answer::Node(..) => Err(unknown()),
        }
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "a list's own words; a struct of them would be built only to be taken apart"
    )]
    fn page(
        &self,
        id: &str,
        name: &str,
        edge: Edge,
        wanted: Option<&[Field]>,
        limit: Option<usize>,
        from: Place<'_>,
        kept: &[(&str, &str)],
    ) -> Result<Value, GraphError> {
        let defaults = fields::defaults(edge.defaults);
        let page = paging::cut(edge.items, Item::key, limit, from)?;
        let mut data = Vec::with_capacity(page.items.len());
        for item in &page.items {
            data.push(match item {
                Item::Node(kind, id) => self.node_with(*kind, id, wanted.unwrap_or(&defaults))?,
                Item::Value(_, value) => narrowed(value.clone(), wanted.unwrap_or_default()),
            });
        }
        let mut kept = kept.to_vec();
        kept.insert(0, ("access_token", self.token));
        let mut list = json!({ "data": data });
        if let Some(paging) = page.paging(&format!("{}/{id}/{name}", self.address), &kept) {
            list["paging"] = paging;
        }
        Ok(list)
    }
}

/// Keeps the wanted keys of a plain object, as nested `{…}` asks.
fn narrowed(value: Value, wanted: &[Field]) -> Value {
    match value {
        Value::Object(object) if !wanted.is_empty() => {
            let keep = |key: &String| wanted.iter().any(|field| &field.name == key);
            Value::Object(object.into_iter().filter(|(key, _)| keep(key)).collect())
        }
        other => other,
    }
}

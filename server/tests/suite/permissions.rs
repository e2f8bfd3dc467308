//! Every route and server function × everybody who may ask: `permissions.txt` says what each
//! gets. A route without a row fails, and a row without a route.

use crate::people::People;
use axum::http::Method;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

const TABLE: &str = include_str!("permissions.txt");

/// A row: method, route, what is asked in its place, the body, and the expected statuses.
struct Row {
    method: Method,
    route: String,
    path: String,
    body: String,
    statuses: Vec<u16>,
}

/// `METHOD ROUTE | PATH | BODY | statuses`; `-` for a path that is the route, and for no body.
fn rows() -> (Vec<String>, Vec<Row>) {
    let mut lines = TABLE.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let head =
        lines.next().unwrap().rsplit('|').next().unwrap().split_whitespace().map(str::to_owned).collect();
    let rows = lines
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let [name, path, body, statuses] = cells[..] else { panic!("{line}") };
            let (method, route) = name.split_once(' ').unwrap();
            Row {
                method: method.parse().unwrap(),
                route: route.to_owned(),
                path: if path == "-" { route } else { path }.to_owned(),
                body: if body == "-" { "" } else { body }.to_owned(),
                statuses: statuses.split_whitespace().map(|status| status.parse().unwrap()).collect(),
            }
        })
        .collect();
    (head, rows)
}

/// Everything that the server answers to: REST by its description, pages by their routes, server
/// functions by their registry, and the few routes beside them.
async fn routes(people: &People) -> BTreeSet<String> {
    let owner = people.caller("owner");
    let description = people.ask(owner, Method::GET, "/api/openapi.json", "").await.json();
    let mut routes: BTreeSet<String> = description["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    routes.extend(server::pages::list_routes().into_iter().map(|path| format!("GET {path}")));
    let functions = leptos::server_fn::axum::server_fn_paths();
    routes.extend(functions.map(|(path, method)| format!("{method} {path}")));
    let beside = ["/healthz", "/readyz", "/metrics", "/sign-in/oidc", "/sign-in/oidc/callback"];
    routes.extend(beside.map(|path| format!("GET {path}")));
    routes
}

#[tokio::test]
async fn everybody_gets_what_the_table_says() {
    let people = People::start().await;
    let (head, rows) = rows();
    let names: Vec<&str> = people.callers.iter().map(|caller| caller.name).collect();
    assert_eq!(head, names, "columns of permissions.txt");

    let mut found: BTreeMap<String, Vec<u16>> = BTreeMap::new();
    let mut wrong = String::new();
    for row in &rows {
        let mut statuses = Vec::new();
        for caller in &people.callers {
            let status = people.status(caller, row.method.clone(), &row.path, &row.body).await;
            statuses.push(status.as_u16());
        }
        if statuses != row.statuses {
            let _ =
                writeln!(wrong, "{} {}: {statuses:?} in place of {:?}", row.method, row.route, row.statuses);
        }
        found.insert(format!("{} {}", row.method, row.route), statuses);
    }
    let routes = routes(&people).await;
    for route in &routes {
        if !found.contains_key(route) {
            let _ = writeln!(wrong, "{route}: has no row");
        }
    }
    for row in found.keys() {
        if !routes.contains(row) {
            let _ = writeln!(wrong, "{row}: is no route");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

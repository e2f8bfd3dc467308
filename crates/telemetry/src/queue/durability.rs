//! Whether Redis keeps what it acknowledged.

use super::QueueError;
use super::server::Server;

/// What may lose batches that were acknowledged, each as a sentence that says what to do.
pub(super) async fn weaknesses(server: &Server) -> Result<Vec<String>, QueueError> {
    let Some(info) = server.info().await? else {
        let unseen = "Redis does not let us see how it keeps what it acknowledged: make sure of `appendonly yes`, \
                      `appendfsync always` and `maxmemory-policy noeviction`";
        return Ok(vec![unseen.to_owned()]);
    };
    let said = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let mut weaknesses = Vec::new();
    if said("aof_enabled") != Some("1") {
        weaknesses.push(
            "Redis keeps no append-only file, so what agents were told is stored is lost when it ends: \
             set `appendonly yes` and `appendfsync always`"
                .to_owned(),
        );
    } else {
        match server.fsync_policy().await? {
            Some(policy) if policy == "always" => {}
            Some(policy) => weaknesses.push(format!(
                "Redis syncs its file later than it answers (appendfsync {policy}), so a crash of its \
                 machine loses what came last: set `appendfsync always`"
            )),
            None => weaknesses.push(
                "Redis does not let us see when it syncs its file: make sure of `appendfsync always`"
                    .to_owned(),
            ),
        }
    }
    if let Some(policy) = said("maxmemory_policy").filter(|policy| policy.starts_with("allkeys")) {
        weaknesses.push(format!(
            "Redis throws the queue away when its memory is full (maxmemory-policy {policy}): set \
             `maxmemory-policy noeviction`"
        ));
    }
    Ok(weaknesses)
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::redis::Redis;

    #[tokio::test]
    async fn what_may_lose_batches_is_named() {
        let redis = Redis::start();
        let server = Server::new(&redis.url()).unwrap();
        let check = async |server: &Server, settings: &[&str], expect: &[&str]| {
            for setting in settings {
                redis.execute(&format!("CONFIG SET {setting}"));
            }
            let found = weaknesses(server).await.unwrap();
            assert_eq!(found.len(), expect.len(), "{settings:?}: {found:?}");
            for (found, part) in found.iter().zip(expect) {
                assert!(found.contains(part), "{settings:?}: {found}");
            }
        };
        check(&server, &[], &[]).await;
        check(&server, &["appendfsync everysec"], &["set `appendfsync always`"]).await;
        let lru = "maxmemory-policy allkeys-lru";
        check(&server, &["appendonly no", lru], &["set `appendonly yes`", "noeviction"]).await;
        check(&server, &["appendonly yes", "appendfsync always", "maxmemory-policy volatile-lru"], &[]).await;
        redis.execute("ACL SETUSER guest on >guest ~* +@all -config");
        let url = redis.url().replace(&format!(":{}@", Redis::PASSWORD), "guest:guest@");
        let server = Server::new(&url).unwrap();
        check(&server, &[], &["make sure of `appendfsync always`"]).await;
        redis.execute("ACL SETUSER guest -info");
        check(&server, &[], &["make sure of `appendonly yes`"]).await;
    }
}

//! Redis as the harness starts it: what it acknowledged outlives every end.

use testkit::redis::Redis;

#[test]
fn what_it_acknowledged_outlives_a_crash() {
    let redis = Redis::start();
    redis.execute("XGROUP CREATE queue writers $ MKSTREAM");
    for number in 1..=100 {
        redis.execute(&format!("XADD queue {number}-0 number {number}"));
    }
    assert_eq!(
        redis.execute("XREADGROUP GROUP writers one COUNT 1 STREAMS queue >"),
        "queue\n1-0\nnumber\n1"
    );
    redis.kill();
    redis.start_again();
    assert_eq!(redis.execute("XLEN queue"), "100");
    assert_eq!(redis.execute("XPENDING queue writers"), "1\n1-0\n1-0\none\n1", "read but not acknowledged");
    redis.stop();
    redis.start_again();
    assert_eq!(redis.execute("XACK queue writers 1-0"), "1");
}

#[test]
fn it_wants_its_password() {
    let redis = Redis::start();
    assert!(redis.url().contains(Redis::PASSWORD));
    assert_eq!(redis.execute("ACL WHOAMI"), "default");
    assert_eq!(redis.execute("CONFIG GET appendfsync"), "appendfsync\nalways");
    assert_eq!(redis.execute("ACL LOG"), "", "nobody was refused");
}

#[test]
#[should_panic(expected = "NOAUTH")]
fn a_refused_command_says_why() {
    let redis = Redis::start();
    redis.execute("CONFIG SET requirepass another");
    redis.execute("PING");
}

#[test]
fn its_folder_goes_with_it() {
    let redis = Redis::start();
    let (_, dir) = redis.execute("CONFIG GET dir").split_once('\n').map(own).expect("a name and a value");
    assert!(std::fs::exists(&dir).unwrap());
    drop(redis);
    assert!(!std::fs::exists(&dir).unwrap());
}

fn own((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

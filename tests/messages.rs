//! What the compiler says about keys of a `NestedMap` that do not fit.
//!
//! Each program is given to `rustc` with the library that was built for these tests, and the first error is searched
//! for our sentences; how the compiler sets them is its own affair.

// The compiler is that of the host.
#![cfg(all(feature = "default-hasher", target_pointer_width = "64", not(miri)))]

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::{env, fs, io::Write};

/// The newest build of the library beside this test.
fn library() -> PathBuf {
    let exe = env::current_exe().expect("a test is a file");
    let files = fs::read_dir(exe.parent().expect("in a directory")).expect("can be read");
    let paths = files.map(|file| file.expect("can be read").path());
    let built = paths.filter(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with("libtophash-") && name.ends_with(".rlib")
    });
    built
        .max_by_key(|path| fs::metadata(path).and_then(|data| data.modified()).unwrap())
        .expect("the library was built for this test")
}

/// What the compiler says to these statements.
fn errors(statements: &str) -> String {
    let library = library();
    let compiler = env::var_os("RUSTC").unwrap_or("rustc".into());
    let mut compiler = Command::new(compiler)
        .args(["--edition=2024", "--crate-type=lib", "--crate-name=wrong"])
        .args(["--emit=metadata", "-o", "-", "--diagnostic-width=300", "-"])
        .arg("-L")
        .arg(library.parent().unwrap())
        .arg("--extern")
        .arg(format!("tophash={}", library.display()))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a compiler");
    let program = format!(
        "use tophash::*; pub struct Plain; type Map = NestedMap<(Str, u8), Plain>;
        pub fn wrong(mut map: Map) {{ {statements} }}"
    );
    let mut input = compiler.stdin.take().unwrap();
    input.write_all(program.as_bytes()).unwrap();
    drop(input);
    let output = compiler.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.success(), said.is_empty(), "{said}");
    said
}

/// The first error has these sentences.
#[track_caller]
fn says(statements: &str, sentences: &[&str]) {
    let said = errors(statements);
    let first = said.split("\n\n").next().unwrap();
    for sentence in sentences {
        assert!(first.contains(sentence), "{sentence:?} is not in\n{said}");
    }
    // Types of the library without a path, but for what a signature is quoted for.
    let own = first.split("note: required by").next().unwrap();
    assert!(!own.contains("raw::tree"), "{said}");
}

#[test]
fn what_is_right_compiles() {
    assert_eq!(
        errors(r#"map.get(("a", 1)); map.insert(("a", 1), Plain);"#),
        ""
    );
}

#[test]
fn wrong_number_of_parts() {
    let full = "expected a tuple with one element for each part of the key";
    says(
        r#"map.get(("a",));"#,
        &["`(&str,)` is not a full key of this map", full],
    );
    says(
        r#"map.insert(("a", 1_u8, 2_u8), Plain);"#,
        &["`(&str, u8, u8)` is not a full key of this map", full],
    );
    says(
        r#"map.remove("a");"#,
        &["`&str` is not a full key of this map", full],
    );
    says(
        r#"map.prefix(("a",)).get(1_u8);"#,
        &["`u8` is not a full key of this map", full],
    );
    let prefix = [
        "is not a prefix of this map's keys",
        "a prefix leaves out at least the last part",
    ];
    says(r#"map.prefix(("a", 1_u8));"#, &prefix);
    says(r#"map.prefix("a");"#, &prefix);
    says(r#"map.prefix_entry(("a", 1_u8));"#, &prefix);
}

#[test]
fn wrong_parts() {
    let looked_up = "a part is looked up by a reference to what is `Equivalent` to it";
    says(
        r#"map.get(("a", "b"));"#,
        &[
            "a part of type `u8` cannot be looked up by `&str`",
            looked_up,
        ],
    );
    says(
        r#"map.get((1_u8, 1_u8));"#,
        &["Str` cannot be looked up by `u8`", looked_up],
    );
    says(
        r#"map.prefix((1_u8,));"#,
        &["Str` cannot be looked up by `u8`", looked_up],
    );
    says(
        r#"let _ = &map[("a", "b")];"#,
        &["a part of type `u8` cannot be looked up by `&str`"],
    );
    says(
        r#"NestedMap::<(String, u8), u8>::new().get((String::new(), 1));"#,
        &[
            "a part of type `String` cannot be looked up by `String`",
            looked_up,
        ],
    );
    says(
        r#"map.insert(("a", "b"), Plain);"#,
        &["a part of type `u8` cannot be made of `&str`"],
    );
    says(
        r#"map.entry((1_u8, 1));"#,
        &["Str` cannot be made of `u8`", "made of any string"],
    );
    says(
        r#"map.extend([(("a", 1_u16), Plain)]);"#,
        &["a part of type `u8` cannot be made of `u16`"],
    );
}

#[test]
fn wrong_keys_of_a_map() {
    let part = "a part needs `Hash` and `Eq`";
    says(
        "let _: NestedMap<(Str, f64), u8>;",
        &["`f64` cannot be a part of the key of a `NestedMap`", part],
    );
    says(
        "let _: NestedMap<(Plain, u8), u8>;",
        &["`Plain` cannot be a part of the key", part],
    );
    let key = "expected a tuple of two to eight parts";
    says(
        "let _: NestedMap<(u8,), u8>;",
        &["`(u8,)` cannot be the key of a `NestedMap`", key],
    );
    says(
        "let _: NestedMap<String, u8>;",
        &["`String` cannot be the key of a `NestedMap`", key],
    );
}

#[test]
fn nothing_below_or_no_debug() {
    says(
        r#"map.children(("a",));"#,
        &["there are only values below this prefix"],
    );
    says(
        "let _: &dyn std::fmt::Debug = &map;",
        &["`Plain` doesn't implement `Debug`"],
    );
}

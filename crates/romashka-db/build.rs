//! Lists the repository's migrations, so that the program carries them.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    // Asked at run time: a build folder that several clones share holds one program for all of them.
    let manifest = env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
    let root = Path::new(&manifest).join("../..");
    let folder = root.join("migrations");
    let functions = root.join("db-functions.sql");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=CARGO_MANIFEST_DIR");
    println!("cargo::rerun-if-changed={}", folder.display());
    println!("cargo::rerun-if-changed={}", functions.display());
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry of the migrations folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .collect();
    files.sort();
    let mut code = String::from("&[\n");
    for file in &files {
        let name = file
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a file name in UTF-8");
        code.push_str(&format!(
            "    ({name:?}, include_str!({:?})),\n",
            file.display().to_string()
        ));
    }
    code.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("migrations.rs"), code).expect("the list of migrations");
    let functions = format!("include_str!({:?})\n", functions.display().to_string());
    fs::write(out.join("functions.rs"), functions).expect("the functions' file");
}

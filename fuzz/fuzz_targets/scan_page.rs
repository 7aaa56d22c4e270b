#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| romashka_fuzz::scans::page(data));

//! What wit-bindgen generates from the contract. The imports are generated once; the half worlds that contain the
//! exports share their types, so that a label is the same type everywhere. On a native target, the types are the same
//! and the functions behind them are replaced by the scripted host (`crate::backend`).

#![allow(unsafe_code, reason = "the canonical ABI passes pointers")]
#![allow(
    clippy::all,
    clippy::unwrap_used,
    unreachable_pub,
    unused_qualifications,
    missing_docs,
    reason = "generated"
)]

pub mod imports {
    wit_bindgen::generate!({
        path: "../../wit/0.1.0",
        world: "watchkeep:plugin/imports",
        generate_all,
        additional_derives: [PartialEq],
    });
}

pub mod described {
    wit_bindgen::generate!({
        path: "../../wit/0.1.0",
        world: "watchkeep:plugin/described",
        pub_export_macro: true,
        export_macro_name: "export_described",
        default_bindings_module: "watchkeep_sdk::bindings::described",
        additional_derives: [PartialEq],
    });
}

pub mod checking {
    wit_bindgen::generate!({
        path: "../../wit/0.1.0",
        world: "watchkeep:plugin/checking",
        with: { "watchkeep:plugin/types@0.1.0": crate::bindings::imports::watchkeep::plugin::types },
        pub_export_macro: true,
        export_macro_name: "export_checking",
        default_bindings_module: "watchkeep_sdk::bindings::checking",
        additional_derives: [PartialEq],
    });
}

pub mod acting {
    wit_bindgen::generate!({
        path: "../../wit/0.1.0",
        world: "watchkeep:plugin/acting",
        with: { "watchkeep:plugin/types@0.1.0": crate::bindings::imports::watchkeep::plugin::types },
        pub_export_macro: true,
        export_macro_name: "export_acting",
        default_bindings_module: "watchkeep_sdk::bindings::acting",
        additional_derives: [PartialEq],
    });
}

pub mod listening {
    wit_bindgen::generate!({
        path: "../../wit/0.1.0",
        world: "watchkeep:plugin/listening",
        with: { "watchkeep:plugin/types@0.1.0": crate::bindings::imports::watchkeep::plugin::types },
        pub_export_macro: true,
        export_macro_name: "export_listening",
        default_bindings_module: "watchkeep_sdk::bindings::listening",
        additional_derives: [PartialEq],
    });
}

pub mod notifying {
    wit_bindgen::generate!({
        path: "../../wit/0.1.0",
        world: "watchkeep:plugin/notifying",
        with: { "watchkeep:plugin/types@0.1.0": crate::bindings::imports::watchkeep::plugin::types },
        pub_export_macro: true,
        export_macro_name: "export_notifying",
        default_bindings_module: "watchkeep_sdk::bindings::notifying",
        additional_derives: [PartialEq],
    });
}

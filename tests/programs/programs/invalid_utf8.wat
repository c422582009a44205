  ;; Says why it could not judge in bytes that are no text.
  (data (i32.const 2000) "\01\00\00\00\03\00\00\00" "\34\08\00\00\02\00\00\00")
  (data (i32.const 2100) "\ff\fe")
  (func (export "watchkeep:plugin/check@0.1.0#execute")
    (param i32 i32 i32 i32 i32 i32 i64 i64 i32 i32 i32 i32 i32 i32) (result i32)
    (i32.const 2000))

  ;; What every program in text shares: a memory, and the manifest of a check named `raw`.
  (memory (export "memory") 1)
  (data (i32.const 1024) "raw")
  (data (i32.const 1040) "1.0.0")
  (data (i32.const 1056) "A program in text")
  (data (i32.const 1088) "{\"type\":\"object\"}")
  ;; Name, version, summary, config-schema, requests: each where it lies and how long it is.
  (data (i32.const 1200)
    "\00\04\00\00\03\00\00\00" "\10\04\00\00\05\00\00\00" "\20\04\00\00\11\00\00\00" "\40\04\00\00\11\00\00\00"
    "\00\00\00\00\00\00\00\00")
  (func (export "watchkeep:plugin/manifest@0.1.0#describe") (result i32) (i32.const 1200))
  ;; Zeros are `ok`.
  (func (export "watchkeep:plugin/manifest@0.1.0#validate") (param i32 i32) (result i32) (i32.const 1400))

  ;; Returns a report that lies beyond its memory.
  (func (export "watchkeep:plugin/check@0.1.0#execute")
    (param i32 i32 i32 i32 i32 i32 i64 i64 i32 i32 i32 i32 i32 i32) (result i32)
    (i32.const 65532))

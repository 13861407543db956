// What every server has: programs that hold keys name one module for both.
@_exported public import Serving

import js from "@eslint/js";
import tseslint from "typescript-eslint";

/** What a build for browsers will need: the model, the portable engines, sampling, and text as symbols. */
const PORTABLE = [
  "src/{arguments,errors,random,turns}.ts",
  "src/checkpoint/{format,validate}.ts",
  "src/engine/*.ts",
  "src/engine/{operations,lowering}/**/*.ts",
  "src/model/**/*.ts",
  "src/sampling/**/*.ts",
  "src/text/{decoder,encoded-text,encoding,likely-encoding,place,symbol-table,symbols,utf8,vocabulary}.ts",
];

/** One way to write a thing. */
const DIALECT = [
  { selector: "ImportDeclaration[importKind='type']", message: "Write import { type T } from ..." },
  {
    selector: "PropertyDefinition[accessibility='private'], TSParameterProperty[accessibility='private']",
    message: "Write #name.",
  },
  { selector: "MethodDefinition[accessibility='private'][kind!='constructor']", message: "Write #name." },
  {
    selector:
      ":matches(SpreadElement, SpreadElement > TSAsExpression) > :matches(ObjectExpression, ArrayExpression)",
    message: "Write the members themselves.",
  },
];

export default tseslint.config(
  { ignores: ["dist/", "coverage/", "node_modules/", "checkpoints/"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: {
          allowDefaultProject: ["eslint.config.js", "bin/charrnn.js", "test/bench/peer.mjs"],
        },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      // Numbers and booleans print as one expects.
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
      // `for (let i ...)` over typed arrays and parallel rows is this project's daily bread.
      "@typescript-eslint/prefer-for-of": "off",
      "no-restricted-syntax": ["error", ...DIALECT],
      "no-duplicate-imports": "error",
    },
  },
  {
    files: PORTABLE,
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [{ group: ["node:*", "**/node/*"], message: "Browsers do not have it." }] },
      ],
      "no-restricted-globals": ["error", "Buffer", "process", "setImmediate"],
    },
  },
  {
    files: ["bin/**", "eslint.config.js", "**/*.mjs"],
    ...tseslint.configs.disableTypeChecked,
    languageOptions: { globals: { process: "readonly", console: "readonly", performance: "readonly" } },
  },
);

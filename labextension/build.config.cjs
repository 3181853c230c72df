// What the builder's bundler has to know beyond its own rules: TypeScript (types are checked by
// `npm run check`), and notebooks as plain JSON.
module.exports = {
  resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
  module: {
    rules: [
      {
        test: /\.ts$/,
        loader: 'builtin:swc-loader',
        options: { jsc: { parser: { syntax: 'typescript' }, target: 'es2021' } },
        type: 'javascript/auto'
      },
      { test: /\.ipynb$/, type: 'json' }
    ]
  }
};

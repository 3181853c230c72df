/** A file in a folder as JupyterLab names them: `a/b`, '' for the root, `drive:` or `drive:a`. */
export function within(folder: string, name: string): string {
  return folder === '' || folder.endsWith(':') || folder.endsWith('/')
    ? folder + name
    : `${folder}/${name}`;
}

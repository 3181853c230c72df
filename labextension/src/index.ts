import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, showErrorMessage } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator } from '@jupyterlab/translation';
import about from '../package.json';
import '../../src/nbfinetune/front/run_view.css';
import '../style/index.css';
import { LiveOutput, SavedView } from './live_output.js';
import { putQuickstart } from './quickstart.js';
import { RUN_MIME, STUDIO_MIME } from './saved.js';
import { SavedRun } from './saved_run.js';
import { SavedStudio } from './saved_studio.js';
import { CATEGORY, words } from './words.js';

/** Before the widget renderer's -10: with both in one output, this one decides which is shown. */
const RANK = -20;

const runs: JupyterFrontEndPlugin<void> = {
  id: 'nbfinetune:runs',
  description: 'Shows a run or a dataset studio: live while its kernel has it, as saved otherwise.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [ITranslator],
  activate: (
    _app: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    translator: ITranslator | null
  ): void => {
    const own = words(translator?.languageCode);
    const add = (mime: string, makeSaved: () => SavedView, endsLive: boolean) =>
      rendermime.addFactory(
        {
          safe: true, // draws data as text and shapes; a live view only in a trusted output
          mimeTypes: [mime],
          createRenderer: () => new LiveOutput(rendermime, makeSaved, endsLive)
        },
        RANK
      );
    add(RUN_MIME, () => new SavedRun(own), true);
    add(STUDIO_MIME, () => new SavedStudio(rendermime, own), false);
    // How a live view, which runs in this page, tells its kernel that saved pictures are drawn.
    document.documentElement.dataset.nbfinetune = about.version;
  }
};

const quickstart: JupyterFrontEndPlugin<void> = {
  id: 'nbfinetune:quickstart',
  description: 'Opens the quickstart notebook from the command palette.',
  autoStart: true,
  optional: [ICommandPalette, IDefaultFileBrowser, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    palette: ICommandPalette | null,
    browser: IDefaultFileBrowser | null,
    translator: ITranslator | null
  ): void => {
    const language = translator?.languageCode;
    const { openQuickstart, cannotOpen } = words(language);
    app.commands.addCommand('nbfinetune:open-quickstart', {
      label: openQuickstart,
      execute: async () => {
        try {
          const { contents } = app.serviceManager;
          const path = await putQuickstart(contents, browser?.model.path ?? '', language);
          return await app.commands.execute('docmanager:open', { path, factory: 'Notebook' });
        } catch (reason) {
          await showErrorMessage(cannotOpen, reason as Error);
          return undefined;
        }
      }
    });
    palette?.addItem({ command: 'nbfinetune:open-quickstart', category: CATEGORY });
  }
};

export default [runs, quickstart];

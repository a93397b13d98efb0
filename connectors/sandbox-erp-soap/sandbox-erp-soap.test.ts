import { erpFace } from '../../tests/kit/erp-face.ts';

erpFace({ name: 'The sandbox ERP by SOAP', connector: 'sandbox-erp-soap', path: '/soap' });
